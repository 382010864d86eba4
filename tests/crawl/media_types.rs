use std::collections::BTreeSet;

use url::Url;

use crate::{
    harness::{config, crawl},
    site::Site,
};

fn seed(site: &Site, media_type: &str, body: &str) -> Url {
    let mut url = site.url("/typed");
    url.query_pairs_mut().append_pair("type", media_type).append_pair("body", body);
    url
}

/// What a crawl of one body makes of it.
#[derive(Debug, PartialEq, Eq)]
enum Result {
    /// A page whose link is followed.
    Followed,
    /// A page without links.
    Page,
    /// Not a page.
    Rejected,
}

fn result(site: &Site, media_type: &str, body: &str) -> Result {
    let seed = seed(site, media_type, body);
    let crawled = crawl(config("[discovery]\nfeeds = true"), [seed.clone()]);
    let urls = crawled.urls();
    assert_eq!(crawled.report.balance.check(), Ok(()));
    let is_rejected = crawled.report.stats.get("rejected/media_type") == 1;
    match (urls.contains(seed.as_str()), is_rejected) {
        (true, false) if urls == BTreeSet::from([seed.into(), site.url("/next").into()]) => Result::Followed,
        (true, false) if urls.len() == 1 => Result::Page,
        (false, true) if urls.is_empty() => Result::Rejected,
        _ => panic!("{media_type}: {body}: {urls:?}"),
    }
}

#[test]
fn the_first_bytes_decide_without_a_media_type() {
    let site = Site::start();
    let late = format!("%PDF-1.7 {}", "x".repeat(1500));
    for (body, expected) in [
        ("<!doctype html><a href=/next>x</a>", Result::Followed),
        ("<p><a href=/next>x</a>", Result::Followed),
        ("<!-- x --><a href=/next>x</a>", Result::Followed),
        ("<rss><channel><item><link>/next</link></item></channel></rss>", Result::Followed),
        ("<?xml version='1.0'?><feed><entry><link href='/next'/></entry></feed>", Result::Followed),
        ("<center><a href=/next>x</a>", Result::Page),
        ("plain <a href=/next>x</a>", Result::Page),
        ("", Result::Page),
        ("%PDF-1.7\n<a href=/next>x</a>", Result::Rejected),
        (&late, Result::Rejected),
        ("GIF89a<a href=/next>x</a>", Result::Rejected),
        ("a\0b<a href=/next>x</a>", Result::Rejected),
    ] {
        for media_type in ["", "html", "*/*", "application/unknown; charset=utf-8"] {
            assert_eq!(result(&site, media_type, body), expected, "{media_type}: {body:.40}");
        }
    }
}

#[test]
fn declared_media_types_count() {
    let site = Site::start();
    let (page, feed) = ("<!doctype html><a href=/next>x</a>", "<feed><entry><link href='/next'/></entry></feed>");
    for (media_type, body, expected) in [
        ("text/plain", page, Result::Page),
        ("text/plain; charset=utf-8", "%PDF-1.7", Result::Page),
        ("text/plain", "\u{1}<a href=/next>x</a>", Result::Rejected),
        ("text/plain", feed, Result::Followed),
        ("text/html", feed, Result::Followed),
        ("text/x-atom", feed, Result::Followed),
        ("text/html", "%PDF-1.7 <a href=/next>x</a>", Result::Followed),
        ("application/octet-stream", page, Result::Rejected),
        ("application/pdf, text/html", page, Result::Followed),
        ("text/html, application/pdf", page, Result::Rejected),
        ("application/json", page, Result::Page),
    ] {
        assert_eq!(result(&site, media_type, body), expected, "{media_type}: {body}");
    }
}
