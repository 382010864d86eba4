//! Compares the scan of XML with two trees: that of the page, and that of xml5ever alone.

use html5ever::tendril::TendrilSink;
use scraper::{Html, HtmlTreeSink};

use super::{Findings, findings_in, findings_of};
use crate::parser::page::{dom, scan::Scan};

fn independent(text: &str) -> Findings {
    let sink = HtmlTreeSink::new(Html::new_document());
    findings_in(&xml5ever::driver::parse_document(sink, Default::default()).one(text))
}

/// Documents around a snippet, which may use the prefixes `h`, `s` and `x`.
fn wrapped(snippet: &str) -> [String; 2] {
    let prefixes = "xmlns:h='http://www.w3.org/1999/xhtml' xmlns:s='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink'";
    [
        format!(
            "<?xml version='1.0'?><!DOCTYPE html><html xmlns='http://www.w3.org/1999/xhtml' {prefixes}>{snippet}<a href='last'/></html>"
        ),
        format!("<feed xmlns='http://www.w3.org/2005/Atom' {prefixes}>{snippet}<h:a href='last'/></feed>"),
    ]
}

const SNIPPETS: &[&str] = &[
    "<a href='x'/>",
    "<h:a href='x'>t</h:a><s:a href='y'/><s:a x:href='z'/><s:a x:href='no' href='w'/><x:a href='no'/>",
    "<h:A href='no'/><h:a HREF='no'/><h:a h:href='no'/><h:a x:href='no'/><h:area href='x'/><s:area href='no'/>",
    "<script/><style/><title/><textarea/><iframe/><xmp/><noscript/><noembed/><noframes/><plaintext/><a href='x'/>",
    "<h:script/><h:style/><h:title/><h:textarea/><h:iframe/><h:xmp/><h:noembed/><h:noframes/><h:plaintext/>",
    "<h:script><h:a href='x'/></h:script><h:style><h:a href='y'/></h:style><h:textarea><h:a href='z'/></h:textarea>",
    "<![CDATA[<h:a href='no'/>]]><h:a href='x'/>",
    "<!-- <h:a href='no'/> --><?p <h:a href='no'/> ?><h:a href='x'/>",
    "<h:a href='?a&amp;b=&lt;&#38;copy=1'/><h:a href=' &#x20;x'/>",
    "<h:title> a\n <h:b>b</h:b> <![CDATA[<c>]]> &amp; </h:title><h:title>no</h:title>",
    "<s:title>no</s:title><h:p><h:title>t</h:title></h:p>",
    "<h:title/><h:title>no</h:title>",
    "<h:base target='x'/><h:base href='b'/><h:base href='no'/><s:base href='no'/>",
    "<h:template><h:a href='no'/><h:title>no</h:title><h:template/><h:base href='no'/></h:template><h:a href='x'/>",
    "<h:iframe src='f'><h:a href='x'/></h:iframe><h:frame src='g'/><h:iframe src='no' srcdoc=''/><s:iframe src='no'/><h:frame src=''/>",
    "<p xmlns='http://www.w3.org/1999/xhtml'><a href='x'/><b xmlns='u'><a href='no'/></b></p>",
    "<h:p><h:a href='x'><h:a href='y'/></h:a></h:p><h:table><h:a href='z'/></h:table>",
    "<q:a xmlns:q='http://www.w3.org/1999/xhtml' href='x'/><q:a xmlns:q='u' href='no'/>",
];

#[test]
fn findings_equal_the_trees() {
    for snippet in SNIPPETS {
        for text in wrapped(snippet) {
            let scanned = findings_of(&Scan::from_xml(&text).expect(&text));
            assert_eq!(scanned, findings_in(&dom::parse_xml(&text).expect(&text).html), "{text}");
            assert_eq!(scanned, independent(&text), "{text}");
            assert_eq!(scanned.links.last().map(String::as_str), Some("last"), "{text}");
            assert!(!scanned.links.contains(&"no".to_owned()), "{text}");
        }
    }
}

const PIECES: &[&str] = &[
    "<a href='x'>",
    "<h:a href='y'/>",
    "</a>",
    "</h:a>",
    "<b>",
    "</b>",
    "<s:a x:href='z'>",
    "</s:a>",
    "t",
    " ",
    "&amp;",
    "&#65;",
    "<![CDATA[<a href='no'/>]]>",
    "<!-- <a href='no'/> -->",
    "<title>",
    "</title>",
    "<h:title/>",
    "<script/>",
    "<h:template>",
    "</h:template>",
    "<h:base href='b'/>",
    "<p xmlns='u'>",
    "</p>",
    "<h:p xmlns:h='u'>",
    "</h:p>",
    "<iframe src='f'/>",
    "<?p?>",
    "<script>",
    "</script>",
    "<q xmlns:s='http://www.w3.org/1999/xhtml'>",
    "</q>",
    "<",
    "&",
    "]]>",
    "'",
    "<!-- --",
];

#[test]
fn findings_equal_the_trees_of_random_documents() {
    let mut random = fastrand::Rng::with_seed(0x3_71);
    let mut well_formed = 0;
    for _ in 0..40_000 {
        let snippet: String = (0..random.usize(1..8)).filter_map(|_| random.choice(PIECES)).copied().collect();
        for text in wrapped(&snippet) {
            let Ok(scan) = Scan::from_xml(&text) else {
                assert!(dom::parse_xml(&text).is_err(), "{text}");
                continue;
            };
            well_formed += 1;
            let scanned = findings_of(&scan);
            assert_eq!(scanned, findings_in(&dom::parse_xml(&text).unwrap().html), "{text}");
            assert_eq!(scanned, independent(&text), "{text}");
        }
    }
    assert!(well_formed > 1_000, "{well_formed}");
}

#[test]
fn entities_of_the_document_type_are_in_the_scan_and_the_tree() {
    let subset = "<!DOCTYPE html [<!ENTITY u '/x'><!ENTITY l '<a href=\"/y\">&#38;amp;</a>'>]>";
    let text = format!("{subset}<html xmlns='http://www.w3.org/1999/xhtml'><a href='&u;'/>&l;</html>");
    let scanned = findings_of(&Scan::from_xml(&text).unwrap());
    assert_eq!(scanned.links, ["/x", "/y"]);
    assert_eq!(scanned, findings_in(&dom::parse_xml(&text).unwrap().html));
}

#[test]
fn values_are_those_of_the_attributes() {
    let text = "<html><head><link rel='next canonical' href='/c?a&amp;copy=b'/><meta content='noindex' name='robots'/>\
                <noscript><meta http-equiv='refresh' content='0;url=no'/></noscript>\
                <meta http-equiv='Refresh' content='0; url=x'/></head><a href='l' rel='nofollow'> one <b>&lt;<![CDATA[two]]></b></a></html>";
    let scan = Scan::from_xml(text).unwrap();
    assert_eq!(
        (scan.canonical(), scan.robots(), scan.refresh()),
        (Some("/c?a&copy=b"), Some("noindex"), Some("0; url=x"))
    );
    assert_eq!(scan.robots_tags().collect::<Vec<_>>(), [("robots", "noindex")]);
    let links: Vec<_> = scan.links().map(|link| (link.href, link.rel, link.text)).collect();
    assert_eq!(links, [("l", "nofollow", "one <two")]);
}
