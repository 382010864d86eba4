//! Sitemaps and feeds, from `LYCOSA_CONFORMANCE`.

use std::collections::BTreeSet;

use lycosa::{Page, Sitemap};
use serde_json::Value;

use super::{Tally, bytes, cases, text};

#[test]
fn sitemaps() {
    let mut tally = Tally::default();
    for case in cases("sitemap/cases.jsonl") {
        let sitemap = page(&case).sitemap();
        let found = sitemap.as_ref().map(|sitemap| locs(&case, sitemap)).unwrap_or_default();
        let expected = expected(&case);
        match text(&case, "kind") {
            // Entries after the error may be found or not.
            "urlset-or-error" | "urlset-partial" => tally.add(&case, expected.is_subset(&found), true),
            _ if !case["note"].is_null() && text(&case, "note").starts_with("lenient") => {
                tally.add(&case, expected.is_subset(&found), true);
            }
            _ if case["generate"].is_u64() => tally.add(&case, found.len(), 50_000),
            _ => tally.add(&case, found, expected),
        }
    }
    tally.close_at("sitemap/cases.jsonl", 0.95);
}

fn page(case: &Value) -> Page {
    let mut body = bytes(case, "body");
    if let Some(count) = case["generate"].as_u64() {
        let entries: String = (0..count).map(|n| format!("<url><loc>http://h.test/{n}</loc></url>")).collect();
        body = String::from_utf8(body).unwrap().replace(&format!("GENERATE:{count}"), &entries).into();
    }
    Page::for_test(text(case, "url").parse().unwrap(), text(case, "content_type"), body)
}

/// Returns the URLs. In the lines of crawler-commons, URLs outside of the list's location do not count; in others they do.
fn locs(case: &Value, sitemap: &Sitemap) -> BTreeSet<String> {
    let is_strict = !case["options"].is_null();
    let entries = sitemap.entries().iter().filter(|entry| entry.is_in_place() || !is_strict);
    let locs = entries.map(|entry| entry.url().to_string());
    // This host is never in scope.
    locs.filter(|url| !url.starts_with("http://other.test/")).collect()
}

fn expected(case: &Value) -> BTreeSet<String> {
    let locs = case["locs"].as_array().unwrap().iter().filter_map(Value::as_str);
    locs.map(str::to_owned).collect()
}
