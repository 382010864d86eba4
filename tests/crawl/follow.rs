//! Which pages a crawl finds, which handler gets them, and what the handler sees.

use std::collections::BTreeSet;

use lycosa::{HandlerResult, Method, Output, Page, Request};
use serde_json::json;

use crate::{
    harness::{config, crawl, crawl_with, echo, tree},
    site::{Options, Site},
};

/// Returns the path of a page with this HTML.
fn html(text: &str) -> String {
    format!("/html?{}", percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC))
}

fn title(page: &Page, out: &mut Output) -> HandlerResult {
    out.record(json!({ "title": page.text("title"), "length": page.body().len() }));
    Ok(())
}

#[test]
fn every_page_of_a_tree_is_fetched_once() {
    let site = Site::start();
    let crawled = crawl(config(""), [site.url("/tree/3/2")]);
    assert_eq!(crawled.urls(), tree(site.url("/tree/3/2"), 3, 2));
    assert_eq!(crawled.records.len(), 13);
    assert_eq!(site.visits_to("/tree").len(), 13);
    // Each page also links to itself.
    assert_eq!((crawled.report.balance.done, crawled.report.balance.duplicates), (13, 13));
    assert_eq!(crawled.report.stats.get("item_scraped_count"), 13);
    let connections: BTreeSet<_> = site.visits().iter().map(|visit| visit.connection).collect();
    assert!(connections.len() < 14, "connections are used again");
}

#[test]
fn depth_limits_the_tree() {
    let site = Site::start();
    let crawled = crawl(config("[scope]\ndepth = 1"), [site.url("/tree/3/3")]);
    assert_eq!(crawled.urls(), tree(site.url("/tree/3/3"), 3, 1));
    assert_eq!(crawled.report.balance.refused, 9);
}

#[test]
fn links_are_those_of_a_browser() {
    let site = Site::start();
    let page = html(
        "<base href='/below/'><a href=x>x</a><map><area href=y></map><a href='//127.0.0.9/'>elsewhere</a>\
         <a href='mailto:a@b.example'>mail</a><a href='x#part'>again</a><img src=i><link rel=stylesheet href=s>\
         <!-- <a href=comment> --><script>'<a href=script>'</script><a name=none>none</a>",
    );
    let crawled = crawl(config(""), [site.url(&page)]);
    let found: BTreeSet<_> = crawled.urls().into_iter().filter(|url| !url.contains("/html?")).collect();
    assert_eq!(found, BTreeSet::from([site.url("/below/x").into(), site.url("/below/y").into()]));
}

#[test]
fn label_then_pattern_then_otherwise_selects_the_handler() {
    fn seed(page: &Page, out: &mut Output) -> HandlerResult {
        out.follow(page.link("a.labelled")).label("label");
        out.follow(page.link("a.tagged"));
        out.follow(page.link("a.plain"));
        out.follow(page.link("a.none"));
        Ok(())
    }
    fn label(_: &Page, out: &mut Output) -> HandlerResult {
        out.record(json!({ "by": "label" }));
        Ok(())
    }
    fn tag(_: &Page, out: &mut Output) -> HandlerResult {
        out.record(json!({ "by": "pattern" }));
        Ok(())
    }
    fn otherwise(_: &Page, out: &mut Output) -> HandlerResult {
        out.record(json!({ "by": "otherwise" }));
        Ok(())
    }
    let site = Site::start();
    let page = html(
        "<a class=labelled href='/tag/labelled'>1</a><a class=tagged href='/tag/t'>2</a><a class=plain href='/p'>3</a>",
    );
    let crawled = crawl_with(config(""), [Request::get(site.url(&page)).label("seed")], |crawler| {
        crawler.on("seed", seed).on("label", label).on_url("*/tag/*", tag).otherwise(otherwise)
    });
    assert_eq!(crawled.fields("by"), ["label", "otherwise", "pattern"]);
    let labels: BTreeSet<_> = crawled.records.iter().map(|record| record.label().map(str::to_owned)).collect();
    assert_eq!(labels, BTreeSet::from([None, Some("label".to_owned())]));
}

#[test]
fn requests_arrive_unchanged() {
    let site = Site::start();
    let form = Request::post(site.url("/echo"))
        .query([("page", "2")])
        .form([("q", "Wölfe & Spinnen")])
        .header("X-Own", "1")
        .label("echo");
    let raw = Request::post(site.url("/echo")).with_method("PUT".parse::<Method>().unwrap()).raw_body("raw \u{0}");
    let value = Request::post(site.url("/echo")).json(&json!({ "deep": [1] }));
    let crawled =
        crawl_with(config(""), [form, raw, value], |crawler| crawler.on("echo", echo).otherwise(echo)).records;

    let echoed = |method: &str, body: &str| {
        let values = crawled.iter().map(lycosa::Record::value);
        values.into_iter().find(|echoed| echoed["method"] == method && echoed["body"] == body).unwrap()
    };
    let form = echoed("POST", "q=W%C3%B6lfe+%26+Spinnen");
    assert_eq!((&form["query"], &form["headers"]["x-own"]), (&json!("page=2"), &json!("1")));
    assert_eq!(form["headers"]["content-type"], "application/x-www-form-urlencoded");
    assert!(form["headers"]["user-agent"].as_str().unwrap().starts_with("lycosa/"));
    assert_eq!(echoed("PUT", "raw \u{0}")["query"], json!(null));
    assert_eq!(echoed("POST", "{\"deep\":[1]}")["headers"]["content-type"], "application/json");
}

#[test]
fn every_framing_coding_and_charset_gives_the_same_page() {
    let site = Site::start();
    for (path, expected) in [
        ("/packed/gzip", "packed"),
        ("/packed/deflate", "packed"),
        ("/packed/br", "packed"),
        ("/packed/zstd", "packed"),
        ("/chunked", "chunked"),
        ("/close-delimited", "close-delimited"),
        ("/drip?ms=5", "drip"),
        ("/charset?name=windows-1252", "Größe"),
        ("/charset?name=utf-8", "Größe"),
    ] {
        let crawled = crawl_with(config(""), [Request::get(site.url(path))], |crawler| crawler.otherwise(title));
        assert_eq!(crawled.fields("title"), [expected], "{path}");
    }
}

#[test]
fn handlers_can_read_the_body_as_bytes() {
    let site = Site::start();
    let crawled = crawl_with(config(""), [Request::get(site.url("/big?bytes=300000"))], |c| c.otherwise(title));
    assert_eq!(crawled.fields("length"), [300_000]);
}

#[test]
fn proxies_get_whole_urls_and_their_credentials() {
    let proxy = Site::with(Options { proxy: Some("wolf:a b"), ..Options::default() });
    let address = format!("http://wolf:a%20b@127.0.0.1:{}", proxy.port());
    let seed: url::Url = "http://only-behind-the-proxy.test/echo".parse().unwrap();

    let own = crawl_with(config(""), [Request::get(seed.clone()).proxy(address.clone())], |c| c.otherwise(echo));
    let configured = config(&format!("[fetcher]\nproxies = [\"{address}\"]"));
    let of_config = crawl_with(configured, [Request::get(seed.clone())], |crawler| crawler.otherwise(echo));
    for crawled in [own, of_config] {
        assert_eq!(crawled.urls(), BTreeSet::from([seed.to_string()]));
        assert_eq!(crawled.fields("headers")[0]["host"], "only-behind-the-proxy.test");
    }
    let pages = proxy.visits_to(seed.as_str());
    assert_eq!(pages.len(), 2);
    assert!(pages.iter().all(|visit| visit.header("proxy-authorization").is_some()));
}

#[test]
fn a_redirect_keeps_label_and_meta() {
    fn end(page: &Page, out: &mut Output) -> HandlerResult {
        out.record(json!({ "meta": page.request().meta_value() }));
        Ok(())
    }
    let site = Site::start();
    let seed = Request::get(site.url("/redirect/3")).label("end").meta(&json!({ "from": "seed" }));
    let crawled = crawl_with(config(""), [seed], |crawler| crawler.on("end", end));
    assert_eq!(crawled.urls(), BTreeSet::from([site.url("/ok").into()]));
    assert_eq!(crawled.fields("meta"), [json!({ "from": "seed" })]);
    assert_eq!((crawled.report.balance.redirected, crawled.report.balance.done), (3, 1));
    assert_eq!(crawl(config("[fetcher]\nredirects = 2"), [site.url("/redirect/3")]).report.balance.rejected, 1);
}

#[test]
fn a_redirect_of_a_seed_widens_the_scope_but_not_of_a_link() {
    let (site, other) = (Site::start(), Site::on(2));
    let root = other.url("/tree/2/1");
    let crawled = crawl(config(""), [site.url(&format!("/to?{root}"))]);
    assert_eq!(crawled.urls(), tree(root.clone(), 2, 1));

    let visits = other.visits().len();
    let page = html(&format!("<a href='/to?{root}'>away</a>"));
    let crawled = crawl(config(""), [site.url(&page)]);
    assert_eq!((crawled.records.len(), crawled.report.balance.rejected), (1, 1));
    assert_eq!(other.visits().len(), visits);
}

#[test]
fn urls_are_rewritten_before_they_are_compared_and_fetched() {
    let site = Site::start();
    let page = html("<a href='/x?b=1&utm_source=m&a=2'><a href='/x?a=2&b=1'><a href='/d/index.html'><a href=/d/>");
    let rules = "[urls]\ntracking = \"drop\"\nquery = \"sort\"\nindex_pages = [\"index.html\"]";
    let crawled = crawl(config(rules), [site.url(&page)]);
    let found: BTreeSet<_> = crawled.urls().into_iter().filter(|url| !url.contains("/html?")).collect();
    assert_eq!(found, BTreeSet::from([site.url("/x?a=2&b=1").into(), site.url("/d/").into()]));
    assert_eq!(crawled.report.balance.duplicates, 2);
}

#[test]
fn a_redirect_back_to_the_unwritten_url_is_followed() {
    let site = Site::start();
    // With this rule, the target of the redirect is the URL that redirects there.
    let crawled = crawl(config("[urls]\ntracking = \"drop\""), [site.url("/to?/to%3Futm_a=1")]);
    assert_eq!(crawled.report.balance.check(), Ok(()));
    let crawled = crawl(config("[urls]\nindex_pages = [\"1\"]\n"), [site.url("/redirect/2")]);
    assert_eq!(crawled.urls(), BTreeSet::from([site.url("/ok").into()]));
}

#[test]
fn a_function_narrows_the_scope() {
    let site = Site::start();
    let seeds = [Request::get(site.url("/tree/3/1"))];
    let crawled = crawl_with(config(""), seeds, |crawler| crawler.scope(|url| !url.path().ends_with("/1")));
    assert_eq!(crawled.records.len(), 3);
    assert_eq!(crawled.report.stats.get("refused/function"), 1);
}

#[test]
fn patterns_and_urls_are_compared_in_canonical_form() {
    let site = Site::start();
    let page = html(
        "<a href=/%7Ebob/1>a</a><a href=/~bo%62/2>b</a><a href=/caf%c3%a9/>c</a><a href=/café/1>d</a><a href=/x.%7Aip>e</a>\
         <a href=/~ann/>f</a><a href=/cafe/>g</a><a href='/\\/127.0.0.9/'>h</a>",
    );
    let rules = "[scope]\nexclude = [\"*/~bob/*\", \"*/café/*\"]\nexclude_extensions = [\".zip\"]";
    let crawled = crawl(config(rules), [site.url(&page)]);
    let found: BTreeSet<_> = crawled.urls().into_iter().filter(|url| !url.contains("/html?")).collect();
    assert_eq!(found, BTreeSet::from([site.url("/~ann/").into(), site.url("/cafe/").into()]));
    assert_eq!(crawled.report.balance.refused, 6);
}
