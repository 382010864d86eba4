//! What a page costs in the Parser: `cargo bench --bench page`. Microseconds per page, in the best of several rounds.
//!
//! The page is generated: 15 KB of prose with a hundred links. Stages build on each other, as in a crawl.

#![allow(clippy::disallowed_methods, reason = "a stopwatch reads the clock")]

use std::{hint::black_box, time::Instant};

use lycosa::{Output, Page, Robots};

const ROUNDS: usize = 20;
const PAGES: u32 = 200;

fn main() {
    let html = page();
    println!("a page of {} bytes with 100 links, microseconds per page:", html.len());
    measure("text", || black_box(new_page(&html).body_text().len()));
    measure("links, base and title, in one pass", || black_box(new_page(&html).links().count()));
    measure("links, records and requests", || {
        let page = new_page(&html);
        let mut out = Output::for_test(&page);
        out.follow_links();
        black_box(out.requests().count())
    });
    measure("a tree, and one selector", || black_box(new_page(&html).select("a[href]").count()));
    let robots = Robots::parse(&rules(), "lycosa");
    measure("a path against 45 rules of robots.txt", || {
        usize::from(black_box(robots.allows("/docs/page-42.html?x=1")))
    });
}

fn measure(name: &str, mut once: impl FnMut() -> usize) {
    let round = |_| {
        let start = Instant::now();
        let sum: usize = (0..PAGES).map(|_| once()).sum();
        black_box(sum);
        start.elapsed() / PAGES
    };
    let best = (0..ROUNDS).map(round).min().unwrap_or_default();
    println!("{:>10.2}  {name}", best.as_secs_f64() * 1e6);
}

fn new_page(html: &str) -> Page {
    match "http://docs.example/manual/index.html".parse() {
        Ok(url) => Page::for_test(url, "text/html; charset=utf-8", html.to_owned()),
        Err(_) => unreachable!("a URL written above"),
    }
}

fn page() -> String {
    let paragraph = |index: usize| {
        format!(
            "<p>Paragraph {index} is some prose of ordinary length, with a link to \
             <a class=\"xref\" href=\"section-{index}.html#part\" title=\"Section {index}\">section {index}</a>.</p>\n"
        )
    };
    let body: String = (0..100).map(paragraph).collect();
    format!("<!DOCTYPE html><html><head><title>Manual</title></head><body>\n{body}</body></html>")
}

fn rules() -> Vec<u8> {
    let rules: String = (0..45).map(|index| format!("Disallow: /private/{index}/*.cgi$\n")).collect();
    format!("User-agent: *\n{rules}").into_bytes()
}
