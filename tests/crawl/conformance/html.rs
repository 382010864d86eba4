//! Links, bases and charsets of HTML pages, from `LYCOSA_CONFORMANCE`.

use encoding_rs::Encoding;
use lycosa::Page;
use serde_json::Value;
use url::Url;

use super::{Tally, bytes, cases, text};

fn page(case: &Value, base: &str, body: Vec<u8>) -> Page {
    let content_type = case["content_type"].as_str().unwrap_or("text/html");
    // A case without a base has any URL.
    let url = base.parse().unwrap_or_else(|_| "http://nowhere.test/".parse().unwrap());
    Page::for_test(url, content_type, body)
}

fn urls(case: &Value, field: &str) -> Vec<String> {
    let urls = case[field].as_array().into_iter().flatten().filter_map(Value::as_str);
    urls.map(|url| Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.to_string())).collect()
}

#[test]
fn links() {
    let mut tally = Tally::default();
    for case in cases("html/links.jsonl") {
        let page = page(&case, text(&case, "base"), bytes(&case, "html"));
        let found: Vec<String> = page.links().filter_map(|link| link.url()).map(without_fragment).collect();
        let missing: Vec<_> = urls(&case, "expect").into_iter().filter(|url| !found.contains(url)).collect();
        let forbidden: Vec<_> = urls(&case, "forbid").into_iter().filter(|url| found.contains(url)).collect();
        tally.add(&case, (missing, forbidden), (Vec::<String>::new(), Vec::<String>::new()));
    }
    tally.close("html/links.jsonl");
}

fn without_fragment(mut url: Url) -> String {
    url.set_fragment(None);
    url.into()
}

#[test]
fn bases() {
    let mut tally = Tally::default();
    for case in cases("html/base_refresh.jsonl").into_iter().filter(|case| case["kind"] == "base") {
        let page = page(&case, text(&case, "base"), bytes(&case, "html"));
        let expected = text(&case, "expected_base").parse().unwrap_or_else(|_| page.url().clone());
        tally.add(&case, page.base().as_str(), expected.as_str());
    }
    tally.close("html/base_refresh.jsonl");
}

#[test]
fn charsets() {
    let mut tally = Tally::default();
    for case in cases("html/charset.jsonl") {
        let page = page(&case, "http://h.test/", bytes(&case, "body"));
        let name = text(&case, "encoding");
        // Some lines use labels of encodings instead of their WHATWG names.
        let expected = Encoding::for_label(name.as_bytes()).map_or(name, |encoding| encoding.name());
        let probe = text(&case, "probe_path");
        let paths: Vec<_> = page.links().filter_map(|link| link.url()).map(|url| url.path().to_owned()).collect();
        let is_found = probe.is_empty() || paths.iter().any(|path| *path == probe);
        tally.add(&case, (page.encoding(), if is_found { probe } else { "none of the links" }), (expected, probe));
    }
    tally.close("html/charset.jsonl");
}
