//! Compares the findings of the scanner with those of the tree.

mod documents;
mod xml;

use scraper::{ElementRef, Html};

use self::documents::{PIECES, SNIPPETS};
use super::{LinkElement, Scan, collapsed};
use crate::parser::page::dom;

const HTML: &str = "http://www.w3.org/1999/xhtml";
const SVG: &str = "http://www.w3.org/2000/svg";
const MATHML: &str = "http://www.w3.org/1998/Math/MathML";
const XLINK: &str = "http://www.w3.org/1999/xlink";

/// Findings of either: links and frames in order, base and title.
#[derive(Debug, PartialEq)]
struct Findings {
    links: Vec<String>,
    frames: Vec<String>,
    base: Option<String>,
    title: Option<String>,
}

fn scanned(html: &str) -> Findings {
    findings_of(&Scan::from_html(html))
}

fn findings_of(scan: &Scan) -> Findings {
    let links = scan.links().map(|link| link.href.to_owned()).collect();
    let frames = scan.frames().map(|frame| frame.href.to_owned()).collect();
    Findings { links, frames, base: scan.base().map(str::to_owned), title: scan.title().map(str::to_owned) }
}

/// Returns the value of an attribute in a namespace.
fn attribute(element: ElementRef<'_>, namespace: &str, local: &str) -> Option<String> {
    let mut attributes = element.value().attrs.iter();
    let is_wanted = |name: &html5ever::QualName| &*name.ns == namespace && &*name.local == local;
    attributes.find(|(name, _)| is_wanted(name)).map(|(_, value)| value.to_string())
}

/// Returns where an element leads to, if it is a link.
fn link(element: ElementRef<'_>) -> Option<String> {
    let name = &element.value().name;
    let href = attribute(element, "", "href");
    match (&*name.local, &*name.ns) {
        ("a", SVG) => href.or_else(|| attribute(element, XLINK, "href")),
        ("a", HTML | MATHML) | ("area", HTML) => href,
        _ => None,
    }
}

/// Returns where an element leads to, if it is a frame.
fn frame(element: ElementRef<'_>) -> Option<String> {
    let name = element.value().name();
    let is_frame = name == "frame" || (name == "iframe" && attribute(element, "", "srcdoc").is_none());
    attribute(element, "", "src").filter(|src| is_frame && is_html(element) && !src.is_empty())
}

fn is_html(element: ElementRef<'_>) -> bool {
    &*element.value().name.ns == HTML
}

fn is_in_template(element: &ElementRef<'_>) -> bool {
    let mut ancestors = element.ancestors().filter_map(ElementRef::wrap);
    ancestors.any(|ancestor| ancestor.value().name() == "template" && is_html(ancestor))
}

fn from_tree(html: &str) -> Findings {
    findings_in(&dom::parse(html))
}

fn findings_in(tree: &Html) -> Findings {
    let elements: Vec<_> = tree.tree.root().descendants().filter_map(ElementRef::wrap).collect();
    let visible: Vec<_> = elements.into_iter().filter(|element| !is_in_template(element)).collect();
    let html = |name: &'static str| {
        visible.iter().copied().filter(move |element| element.value().name() == name && is_html(*element))
    };
    let title = html("title").next().map(|element| collapsed(element.text()));
    Findings {
        links: visible.iter().filter_map(|element| link(*element)).collect(),
        frames: visible.iter().filter_map(|element| frame(*element)).collect(),
        base: html("base").find_map(|element| attribute(element, "", "href")),
        title: title.filter(|title| !title.is_empty()),
    }
}

/// Drops repeated links: the tree builder clones links that are nested wrongly.
fn distinct(mut findings: Findings) -> Findings {
    let mut seen = std::collections::HashSet::new();
    findings.links.retain(|link| seen.insert(link.clone()));
    findings
}

#[test]
fn findings_equal_the_tree_on_snippets() {
    for html in SNIPPETS {
        assert_eq!(distinct(scanned(html)), distinct(from_tree(html)), "{html:?}");
        let wrapped = format!("<!DOCTYPE html><html><head><title>T</title></head><body>{html}");
        assert_eq!(distinct(scanned(&wrapped)), distinct(from_tree(&wrapped)), "{wrapped:?}");
    }
}

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
    assert_eq!((&found[..], scan.link_count()), (&expected[..], 4));
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

#[test]
fn frames_of_framesets_are_found() {
    let html = "<title>t</title><frameset><frame src=x><frameset><frame src='y'></frameset><noframes><frame src=no></noframes></frameset>";
    assert_eq!(scanned(html), from_tree(html));
    assert_eq!(scanned(html).frames, ["x", "y"]);
}

#[test]
fn refreshes_count_outside_noscript_and_templates() {
    for (html, expected) in [
        ("<meta http-equiv=refresh content='0; url=x'>", Some("0; url=x")),
        ("<noscript><meta http-equiv=refresh content='0; url=no'></noscript>", None),
        ("<head><noscript><p></noscript><meta http-equiv=refresh content='0; url=x'>", Some("0; url=x")),
        ("<body><noscript><p><meta http-equiv=refresh content='0; url=no'></p>", None),
        ("<NOSCRIPT ><noscript></noscript ><meta http-equiv=refresh content='0; url=x'>", Some("0; url=x")),
        ("<template><meta http-equiv=refresh content='0; url=no'></template>", None),
        ("<!-- <noscript> --><meta http-equiv=refresh content=5>", Some("5")),
        ("<meta http-equiv=refresh content=''><meta http-equiv=refresh><meta http-equiv=refresh content=1>", Some("1")),
        ("<meta http-equiv=refresh content='x; url=no'><meta http-equiv=REFRESH content='1&#59;/a'>", Some("1;/a")),
        ("<svg><noscript></svg><meta http-equiv=refresh content=1>", Some("1")),
    ] {
        assert_eq!(Scan::from_html(html).refresh(), expected, "{html}");
    }
}

#[test]
fn templates_and_frames_without_number_are_read_in_time() {
    let nested = "<template>".repeat(100_000) + &"</template>".repeat(100_000) + "<a href=x>";
    assert_eq!(scanned(&nested).links, ["x"]);
    let mixed =
        "<template><svg><g>".repeat(50_000) + &"</x>".repeat(50_000) + &"</template>".repeat(50_000) + "<a href=x>";
    assert_eq!(scanned(&mixed).links, ["x"]);
    assert_eq!(Scan::from_html(&"<iframe src=x></iframe>".repeat(20_000)).frames().len(), 10_000);
}

#[test]
fn text_of_links_is_without_templates() {
    let html = "<a href=1>one<template><b>no</b></a><a href=no></template> two</a>";
    let texts: Vec<_> = Scan::from_html(html).links().map(|link| link.text.to_owned()).collect();
    assert_eq!(texts, ["one two"]);
}
