//! Compares the findings of the scanner with those of the tree.

use scraper::{Html, Selector};

use super::{LinkElement, Scan, collapsed};
use crate::parser::page::dom;

/// Findings of either: links in order, base and title.
#[derive(Debug, PartialEq)]
struct Findings {
    links: Vec<String>,
    base: Option<String>,
    title: Option<String>,
}

fn scanned(html: &str) -> Findings {
    let scan = Scan::from_html(html);
    let links = scan.links().map(|link| link.href.to_owned()).collect();
    Findings { links, base: scan.base().map(str::to_owned), title: scan.title().map(str::to_owned) }
}

fn from_tree(html: &str) -> Findings {
    let tree: Html = dom::parse(html);
    let all = |selector: &str| {
        let selector = Selector::parse(selector).unwrap();
        let is_html = |element: &scraper::ElementRef<'_>| &*element.value().name.ns == "http://www.w3.org/1999/xhtml";
        tree.select(&selector).map(|element| (element, is_html(&element))).collect::<Vec<_>>()
    };
    let href = |element: scraper::ElementRef<'_>| element.value().attr("href").unwrap().to_owned();
    let title = all("title").into_iter().find(|(_, is_html)| *is_html);
    let title = title.map(|(element, _)| collapsed(element.text()));
    Findings {
        links: all("a[href], area[href]").into_iter().map(|(element, _)| href(element)).collect(),
        base: all("base[href]").into_iter().find(|(_, is_html)| *is_html).map(|(element, _)| href(element)),
        title: title.filter(|title| !title.is_empty()),
    }
}

/// Drops repeated links: the tree builder clones links that are nested wrongly.
fn distinct(mut findings: Findings) -> Findings {
    let mut seen = std::collections::HashSet::new();
    findings.links.retain(|link| seen.insert(link.clone()));
    findings
}

const SNIPPETS: &[&str] = &[
    // Attributes.
    "<a href=x>",
    "<A HREF=x>",
    "<a href = 'x' >",
    "<a\nhref\t=\n\"x\"\n>",
    "<a href=x/>",
    "<a href='x'/>",
    "<a/href=x>",
    "<a href=x href=y>",
    "<a href=''>",
    "<a href>",
    "<a href=>",
    "<a =href=x>",
    "<a title=it's href=x>",
    "<a title='<a href=no>' href=x>",
    "<a title=\"'\" href='\"'>",
    "<a name=\"m\"href=x>",
    "<a 'href=x>",
    "<a \"a'b href=x>",
    "<a href=x",
    "<a href='x",
    "<a href='x'",
    "<a hr\0ef=x><a href=a\0b>",
    "<a href=\"a\r\nb\rc\">",
    "<a href=a>b>",
    "<a href=a<b>",
    "<a data-href=x>",
    "<a href=\"  x  \">",
    "<abbr href=x>",
    "<a\0 href=x>",
    "<a\u{a0}href=x>",
    "<a href=é title=ž>",
    "<a title= href=x>",
    "<a href=x=y?z=1>",
    "<a href=`x`>",
    "<a / href=x / >",
    "<a href=\u{feff}x>",
    // References.
    "<a href='?a&amp;b&lt;c&#38;d&#x26;e'>",
    "<a href='?a&copy=1&copy;2&copyx&copy'>",
    "<a href=&amp>",
    "<a href='&notit;&notin;'>",
    "<a href='&#0;&#128;&#xD800;&#x110000;&#;&#x;&'>",
    "<title>a &amp b &copy &#8212; &bogus;</title>",
    // Comments and bogus comments.
    "<!-- <a href=no> --><a href=x>",
    "<!--><a href=x>",
    "<!---><a href=x>",
    "<!----><a href=x>",
    "<!--a--!><a href=x>",
    "<!--a-- ><a href=no>--><a href=x>",
    "<!-- <!-- --><a href=x>",
    "<!-- a --->",
    "<!-- <a href=no>",
    "<!- <a href=no> ->",
    "<!a><a href=x>",
    "<?php <a href=no> ?><a href=x>",
    "</ <a href=no>><a href=x>",
    "</><a href=x>",
    "</a href='>'><a href=x>",
    "<!DOCTYPE html PUBLIC \"<a href=no>\"><a href=x>",
    "<![CDATA[<a href=no>]]><a href=x>",
    "<!--a--!b--><a href=x>",
    "<!--->--><a href=x>",
    "<! <a href=no><a href=x>",
    "< a href=no><a href=x>",
    "<",
    "</",
    "<!",
    "<a",
    "<!-",
    "<?",
    "&",
    "<a ",
    "<1>",
    // Raw text.
    "<script>'<a href=no>'</script><a href=x>",
    "<script></scriptx><a href=no></script ><a href=x>",
    "<script><!-- <script> </script> <a href=no> --></script><a href=x>",
    "<script><!-- </script><a href=x>",
    "<script><!--><script></script><a href=x>",
    "<script><!---><script></script><a href=x>",
    "<script><!--<script></script>--><a href=no></script><a href=x>",
    "<script><!-- <scriptx> </script><a href=x>",
    "<script><!--<script><!--</script></script><a href=x>",
    "<script/><a href=no></script><a href=x>",
    "<style><a href=no></style><a href=x>",
    "<STYLE></STYLE/><a href=x>",
    "<xmp><a href=no></xmp><a href=x>",
    "<iframe><a href=no></iframe><a href=x>",
    "<noembed><a href=no></noembed><a href=x>",
    "<noframes><a href=no></noframes><a href=x>",
    "<noscript><a href=x></noscript>",
    "<textarea><a href=no></textarea><a href=x>",
    "<title><a href=no></title><a href=x>",
    "<plaintext><a href=no>",
    "<script>",
    "<title>a",
    "<title> a\n b </title><title>c</title>",
    "<title></title>",
    "<title/>a</title>",
    "<body><title>late</title>",
    "<title>a</titlex></title >b",
    "<textarea></textare><a href=no>",
    "<noscript><title>t</title></noscript>",
    "<title>&lt;b></title>",
    // Foreign content.
    "<svg><title>no</title></svg><title>yes</title>",
    "<svg><style><a href=x></style></svg>",
    "<svg><script><a href=x></script></svg><a href=y>",
    "<svg><![CDATA[<a href=no>]]></svg><a href=x>",
    "<svg/><![CDATA[<a href=no>]]><a href=x>",
    "<svg><p><![CDATA[<a href=x>]]>",
    "<svg><desc><![CDATA[<a href=x>]]></desc></svg>",
    "<svg><foreignObject><title>t</title></foreignObject><title>no</title></svg>",
    "<math><mi><style><a href=no></style></mi><style><a href=x></style></math>",
    "<svg><a href=x><text>t</text></a></svg>",
    "<svg><g/><title>no</title></svg><title>t</title>",
    "<svg><g></svg><title>t</title>",
    "<math><svg><desc><title>t</title></desc></svg></math>",
    "<svg></p><title>t</title>",
    "<svg><svg></svg><style><a href=x></style></svg><style><a href=no></style>",
    "<svg><base href=no></svg><base href=x>",
    // Base, and elements that the tree builder moves.
    "<base target=x><base href=/b/><base href=/c/>",
    "<body><div><base href=b></div>",
    "<base href>",
    "<!--<base href=no>--><base href=b>",
    "<table><a href=x><tr><td><a href=y></table>",
    "<select><option><a href=x></select><a href=y>",
    "<template><a href=x></template><a href=y>",
    "<map><area href=x><area></map>",
    "<a href=x><a href=y>",
    "<p><a href=x><p><a href=y></p>",
    "<head><a href=x></head>",
    "<button><a href=x>",
    "<a href=x></html><a href=y>",
    "<form><a href=x></form>",
    "<image href=no><a href=x>",
    "<ruby><rt><a href=x>",
];

#[test]
fn findings_equal_the_tree_on_snippets() {
    for html in SNIPPETS {
        assert_eq!(distinct(scanned(html)), distinct(from_tree(html)), "{html:?}");
        let wrapped = format!("<!DOCTYPE html><html><head><title>T</title></head><body>{html}");
        assert_eq!(distinct(scanned(&wrapped)), distinct(from_tree(&wrapped)), "{wrapped:?}");
    }
}

/// Pieces for documents made at random, without those that the module documentation names as different.
const PIECES: &[&str] = &[
    "<a href=",
    "<a href='",
    "<a href=\"",
    "<a ",
    "<area href=",
    "'",
    "\"",
    ">",
    " ",
    "\n",
    "\r\n",
    "/",
    "=",
    "/>",
    "</a>",
    "x",
    "é",
    "1",
    "-",
    "&amp;",
    "&amp",
    "&copy",
    "&copy=",
    "&#38;",
    "&#x2",
    ";",
    "&",
    "\0",
    "<",
    "</",
    "<!",
    "<!--",
    "-->",
    "--!>",
    "--",
    "<?",
    "!",
    "<script>",
    "</script>",
    "</script",
    "<style>",
    "</style>",
    "<textarea>",
    "</textarea>",
    "<title>",
    "</title>",
    "<title",
    "<xmp>",
    "</xmp>",
    "<iframe>",
    "</iframe>",
    "<noscript>",
    "</noscript>",
    "<p>",
    "</p>",
    "<p title='",
    "<b>",
    "</b>",
    "<div>",
    "</div>",
    "<br/>",
    "<li>",
    "<base href='",
    "<base target=x>",
    "<![CDATA[",
    "]]>",
    "<img src=x alt=\"a>b\">",
    "href=y",
    "title=z",
    "<h1>",
    "</h1>",
    "<span>",
    "text",
    "<a href=q>",
    "<a href='r'>",
    "<script",
    "<noembed>",
    "</noembed>",
    "</body>",
    "</html>",
    "<meta charset=utf-8>",
    "<svg></svg>",
    "<svg/>",
    "<svg/>",
];

#[test]
fn findings_equal_the_tree_on_random_documents() {
    let mut random = fastrand::Rng::with_seed(0x5e_ed);
    for round in 0..10_000 {
        let pieces = random.usize(1..40);
        let html: String = (0..pieces).map(|_| PIECES[random.usize(..PIECES.len())]).collect();
        assert_eq!(distinct(scanned(&html)), distinct(from_tree(&html)), "round {round}: {html:?}");
    }
}

#[test]
fn links_have_text_and_rel() {
    let html = "<a href=a rel='nofollow me'> one\n <b>two</b>&amp;<img>three </a>after<a href=b>x<area href=c>y<a>z</a><a href=d></a>";
    let scan = Scan::from_html(html);
    let found: Vec<_> = scan.links().map(|link| (link.element, link.href, link.rel, link.text)).collect();
    let expected = [
        (LinkElement::A, "a", "nofollow me", "one two&three"),
        (LinkElement::A, "b", "", "xy"),
        (LinkElement::Area, "c", "", ""),
        (LinkElement::A, "d", "", ""),
    ];
    assert_eq!((&found[..], scan.anchors()), (&expected[..], 3));
    let long = format!("<a href=x>{} é{}", "w".repeat(250), "é".repeat(9));
    assert_eq!(Scan::from_html(&long).links().next().unwrap().text.len(), 255);
}

#[test]
fn first_head_elements_count() {
    let html = "<link rel='next canonical' href='/c?a&amp;b'><meta content='a' name=ROBOTS><meta name=robots content=b>\
                <meta http-equiv=Refresh content='0; url=x'><link rel=canonical href=no>";
    let scan = Scan::from_html(html);
    assert_eq!((scan.canonical(), scan.robots(), scan.refresh()), (Some("/c?a&b"), Some("a"), Some("0; url=x")));
}
