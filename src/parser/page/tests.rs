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

fn xml_page(media_type: &str, text: impl Into<Bytes>) -> Page {
    Page::for_test("http://a.example/d/".parse().unwrap(), media_type, text)
}

#[test]
fn xml_pages_are_read_by_the_rules_of_xml() {
    let text = "<h:html xmlns:h='http://www.w3.org/1999/xhtml'><h:head><h:script/><h:title>T &lt;</h:title></h:head>\
                <h:body><h:textarea/><h:a href='1'>one <![CDATA[<b>]]></h:a></h:body></h:html>";
    for media_type in ["application/xhtml+xml", "text/xml", "application/xml;charset=utf-8", "application/x+xml"] {
        let page = xml_page(media_type, text);
        let links: Vec<_> =
            page.links().map(|link| (link.url().unwrap().path().to_owned(), link.text().to_owned())).collect();
        assert_eq!(links, [("/d/1".to_owned(), "one <b>".to_owned())], "{media_type}");
        assert_eq!((page.title(), &*page.text("a")), (Some("T <"), "one <b>"), "{media_type}");
        assert_eq!(page.link("a").map(|url| url.path().to_owned()).as_deref(), Some("/d/1"), "{media_type}");
        assert_eq!((page.select("script").len(), page.select("body > textarea + a").len()), (1, 1), "{media_type}");
    }
    assert_eq!(page(text).links().len(), 0);
    assert_eq!(xml_page("application/json", text).links().len(), 0);
}

#[test]
fn links_of_svg_may_have_any_prefix() {
    let text = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink'><a x:href='1'/></svg>";
    let page = xml_page("image/svg+xml", text);
    let links = [page.links().next().unwrap().url(), page.link("a")];
    assert!(links.iter().all(|link| link.as_ref().is_some_and(|url| url.path() == "/d/1")), "{links:?}");
}

#[test]
fn xml_pages_that_are_not_well_formed_are_read_as_html() {
    for (text, links) in [
        ("<html xmlns='http://www.w3.org/1999/xhtml'><script/><a href='no'/></script><a href='x'/><br></html>", 1),
        ("<html><p>&nbsp;<A HREF=x>t</A>", 1),
        ("<html><a href='x'/><a href='y'/></HTML>", 2),
        ("<html><title/><a href='x'/></html>", 1),
        ("<html><title/><a href='no'/><p></html>", 0),
    ] {
        let page = xml_page("application/xhtml+xml", text);
        assert_eq!((page.links().len(), page.select("a").len()), (links, links), "{text}");
    }
}

#[test]
fn encodings_of_xml_come_from_its_declaration() {
    let utf16: Vec<u8> = "<?xml version='1.0'?><p>\u{e9}</p>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (media_type, bytes, encoding) in [
        ("text/xml", &b"<?xml version='1.0' encoding='koi8-r'?><p>\xc3</p>"[..], "KOI8-R"),
        ("text/xml;charset=gbk", b"<?xml version='1.0' encoding='koi8-r'?><p>\xb0\xa1</p>", "GBK"),
        ("application/xhtml+xml", b"<html><meta charset='koi8-r'/></html>", "UTF-8"),
        ("application/xhtml+xml", b"<html><meta charset='koi8-r'/>\xc3</html>", "KOI8-R"),
        ("application/xml", b"<p/>", "UTF-8"),
        ("application/xml", b"\xff\xfe<\0p\0/\0>\0", "UTF-16LE"),
        ("application/xml", &utf16, "UTF-16BE"),
    ] {
        assert_eq!(xml_page(media_type, bytes.to_vec()).encoding(), encoding, "{media_type} {bytes:?}");
    }
    assert_eq!(xml_page("application/xml", utf16.clone()).raw_text("p"), "é");
}

#[test]
fn xml_pages_too_deep_or_wide_for_a_tree_are_cut() {
    let deep = "<p>".repeat(3_000) + &"</p>".repeat(3_000);
    let page = xml_page("text/xml", format!("<html><b/>{deep}<a href='x'/></html>"));
    assert_eq!((page.select("b").len(), page.select("p").len(), page.links().len()), (1, 1023, 1));
    let wide: String = (0..5_000).map(|number| format!(" a{number}=''")).collect();
    let page = xml_page("text/xml", format!("<html><b/><p{wide}/><a href='x'/></html>"));
    assert_eq!((page.select("b").len(), page.select("p").len(), page.links().len()), (1, 0, 1));
    let long = "<p>".repeat(1_000) + &"<b/><b x='1'></b>".repeat(50_000) + &"</p>".repeat(1_000);
    assert_eq!(xml_page("text/xml", format!("<html>{long}</html>")).select("b").len(), 100_000);
}
