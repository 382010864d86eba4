//! Records, links and robots directives of a handler.

use serde_json::json;

use super::*;

fn page() -> Page {
    let html = "<base href=/b/><a href=1 class=x>one</a><a href=2>two</a><a href=mailto:x>";
    Page::for_test("http://a.example/".parse().unwrap(), "text/html", html)
}

#[test]
fn everything_convertible_to_a_link_is_followed() {
    let page = page();
    let mut out = Output::for_test(&page);
    out.follow(page.link("a.x")).label("first").priority(5).meta(&json!({"from": "b"}));
    out.follow("3#x");
    out.follow(page.links().nth(1));
    out.follow(page.select("a").next());
    out.follow(page.link("a.none")).label("unused");
    out.follow(Some("/4".to_owned()));
    out.follow("http://[");
    let requests: Vec<_> = out.requests().map(|request| (request.url().path(), request.label_name())).collect();
    assert_eq!(requests, [("/b/1", Some(&"first".into())), ("/b/3", None), ("/b/2", None), ("/4", None)]);
    let first = out.requests().next().unwrap();
    assert_eq!((first.priority_value(), first.meta_value(), first.depth_value()), (5, json!({"from": "b"}), 1));
    out.follow_links();
    let (found, _) = out.finish().unwrap();
    assert_eq!((found.outlinks.len(), found.repeats, found.refused.total()), (4, 3, 2));
}

#[test]
fn robots_directives_are_obeyed() {
    let html = "<a href=1 rel=nofollow>one</a><a href=2>two</a>";
    let page = Page::for_test("http://a.example/".parse().unwrap(), "text/html", html);
    let mut out = Output::for_test(&page);
    out.follow(page.links().next());
    out.follow(page.select("a").next());
    out.follow_links();
    out.follow("/3");
    let (found, _) = out.finish().unwrap();
    assert_eq!((found.outlinks.len(), found.refused.iter().collect()), (2, vec![(Refusal::Nofollow, 3)]));

    let page = Page::for_test(page.url().clone(), "text/html", format!("<meta content=none name=robots>{html}"));
    let mut out = Output::for_test(&page);
    out.follow_links();
    out.follow("/3");
    out.record_unless_noindex("not kept");
    out.record("kept");
    let (found, records) = out.finish().unwrap();
    assert_eq!((found.refused.total(), found.noindex, records.len()), (3, 1, 1));
}

#[test]
fn records_are_single_lines_within_the_limit() {
    let mut out = Output::for_test(&page());
    out.record(json!({"b": "x\ny", "a": [1, null]}));
    out.record(serde_json::value::RawValue::from_string("[1,\n 2]".to_owned()).unwrap());
    let (_, records) = out.finish().unwrap();
    assert_eq!(records, [Box::from(&br#"{"b":"x\ny","a":[1,null]}"#[..]), Box::from(&b"[1,2]"[..])]);

    let mut out = Output::for_test(&page());
    out.bytes_left = 9;
    out.record("12345");
    out.record("6");
    assert_eq!(out.finish().unwrap_err(), "records exceed `parser.max_output`");

    let mut out = Output::for_test(&page());
    out.record(std::collections::BTreeMap::from([((1, 2), 3)]));
    assert!(out.finish().unwrap_err().starts_with("cannot serialize record 0"));
}

#[test]
fn nofollow_holds_for_every_way_to_name_a_link() {
    let html = "<a href=/no?%7E#x rel='me NOFOLLOW' class=no>.</a><a href=/both rel=nofollow class=both>.</a><a href=/both>.</a>\
                <svg><a xlink:href=/svg rel=nofollow>.</a></svg><map><area href=/area rel=ugc,nofollow></map>\
                <link rel='next nofollow' href=/next><a href=/yes>.</a>";
    let page = Page::for_test("http://a.example/".parse().unwrap(), "text/html", html);
    let mut out = Output::for_test(&page);
    out.follow(page.link("a.no"));
    out.follow(page.link("a.no").as_ref());
    out.follow(page.attr("a.no", "href"));
    out.follow(page.attr("a.no", "href").map(str::to_owned));
    out.follow(page.select("a").next());
    out.follow(page.select("a").find_map(|element| element.href()));
    out.follow(page.select("body").find_map(|body| body.link("a")));
    out.follow(page.links().next());
    out.follow(page.links().find_map(|link| link.url()));
    out.follow("http://a.example/no?~");
    out.follow(page.link("svg a"));
    out.follow(page.link("area"));
    out.follow(page.link("link"));
    out.follow(page.select("a.both").next());
    assert_eq!(out.requests().count(), 0);
    assert_eq!(out.links.findings().refused.iter().collect::<Vec<_>>(), [(Refusal::Nofollow, 14)]);
    out.follow(page.link("a.both"));
    out.follow(page.link("a[href='/yes']"));
    out.follow("/elsewhere");
    out.request(Request::get(page.link("a.no").unwrap()));
    let paths: Vec<_> = out.requests().map(|request| request.url().path()).collect();
    assert_eq!(paths, ["/both", "/yes", "/elsewhere", "/no"]);

    let mut out = Output::for_test(&page);
    out.robots_policy.nofollow = crate::frontier::politeness::Obedience::Ignore;
    out.follow(page.link("a.no"));
    out.follow(page.select("a").next());
    assert_eq!(out.requests().count(), 1);
}
