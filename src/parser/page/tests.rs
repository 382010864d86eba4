//! Pages: selectors, encodings, bases, limits.

use bytes::Bytes;

use super::Page;

fn page(html: impl Into<Bytes>) -> Page {
    Page::for_test("http://a.example/d/".parse().unwrap(), "text/html", html)
}

#[test]
fn selectors_find_text_links_and_attributes() {
    let page = page(
        "<ul><li class=q><b> a\n b</b><a href=1>x</a><li class=q><i title=t>c</i></ul><noscript><p>n</p></noscript>",
    );
    let quotes: Vec<_> = page.select(".q").map(|quote| (quote.text("b, i"), quote.link("a"), quote.name())).collect();
    let link = "http://a.example/d/1".parse().ok();
    assert_eq!(quotes, [("a b".to_owned(), link, "li"), ("c".to_owned(), None, "li")]);
    assert_eq!(
        (page.texts(".q"), page.text("noscript p"), page.text(".none")),
        (vec!["a bx".into(), "c".into()], "n".into(), String::new())
    );
    assert_eq!((page.attr("i", "title"), page.html("i").as_deref()), (Some("t"), Some("<i title=\"t\">c</i>")));
    assert_eq!(
        (page.select("]").len(), page.try_select("]").is_err(), page.try_select("i").unwrap().len()),
        (0, true, 1)
    );
}

#[test]
fn queries_have_the_encoding_of_the_page() {
    let page = Page::for_test(
        "http://a.example/".parse().unwrap(),
        "text/html;charset=windows-1251",
        &b"<a href=/\xef?q=\xef>\xef</a>"[..],
    );
    let link = page.links().next().unwrap();
    assert_eq!((link.url().unwrap().as_str(), link.text()), ("http://a.example/%D0%BF?q=%EF", "п"));
    assert_eq!((page.encoding(), page.body_text().len()), ("windows-1251", page.body().len() + 3));
}

#[test]
fn credentials_in_urls_are_removed() {
    let page = page("<base href=http://evil:x@a.example/b/><link rel=canonical href=//evil@a.example/c><a href=1>");
    let urls = [Some(page.base().clone()), page.canonical(), page.link("a"), page.join("http://:x@b.example").ok()];
    let texts = urls.map(|url| url.unwrap().to_string());
    assert_eq!(texts, ["http://a.example/b/", "http://a.example/c", "http://a.example/b/1", "http://b.example/"]);
}

#[test]
fn urls_of_a_page_are_resolved_as_in_browsers() {
    let html = "<meta charset=iso-8859-1><base href='///b.example./d/'><link rel=canonical href='\\\\\\c.example/?&#1099;'><a href='?&#1099;'>";
    let page = page(html);
    let urls = [Some(page.base().clone()), page.canonical(), page.link("a"), page.links().next().unwrap().url()];
    let query = "?%26%231099%3B";
    let expected = ["http://b.example/d/".to_owned(), format!("http://c.example/{query}")];
    let link = format!("http://b.example/d/{query}");
    assert_eq!(urls.map(|url| url.unwrap().to_string()), [&expected[..], &[link.clone(), link]].concat()[..]);
}

#[test]
fn an_unusable_base_is_ignored() {
    for (base, expected) in
        [("/b/", "http://a.example/b/"), ("http://[", "http://a.example/d/"), ("data:,x", "http://a.example/d/")]
    {
        assert_eq!(page(format!("<base href='{base}'>")).base().as_str(), expected);
    }
}

#[test]
fn pages_too_deep_or_wide_for_a_tree_are_cut() {
    let deep = page("<p>x</p>".to_owned() + &"<div>".repeat(300_000));
    assert_eq!((deep.select("p").len(), deep.select("div").len()), (1, 1024));
    let wide: String = (0..100_000).map(|number| format!(" a{number}")).collect();
    assert_eq!(page(format!("<p>x</p><p{wide}>")).select("p").len(), 1);
    let long = page("<ul>".to_owned() + &"<li><p>x<b>y</b><br>".repeat(5_000));
    assert_eq!(long.select("li").len(), 5_000);
}

#[test]
fn links_of_svg_have_their_xlink_href() {
    let page = page(
        "<svg><a class=x xlink:href=1></a><a class=h href=2 xlink:href=no></a><use xlink:href=no /></svg><p><a class=n xlink:href=no>",
    );
    let link = |css: &str| page.link(css).map(String::from);
    assert_eq!(
        (link(".x").as_deref(), link(".h").as_deref()),
        (Some("http://a.example/d/1"), Some("http://a.example/d/2"))
    );
    assert_eq!((link("use"), link(".n"), page.attr("use", "xlink:href")), (None, None, Some("no")));
    assert_eq!((page.attr(".h", "xlink:href"), page.attr(".n", "xlink:href")), (Some("no"), Some("no")));
}
