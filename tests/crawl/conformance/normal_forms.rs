//! Normal forms of another library. Where ours differ, one of our documented rules must be the reason.

use std::collections::BTreeMap;

use lycosa::{
    canonical,
    config::urls::{Config, Order, Presence, Rules},
};
use url::Url;

use super::{cases, text};

/// Function that removes a difference from a URL.
type Form = fn(&str) -> String;

/// Differences that our canonical form keeps, and the function that removes each.
const KEPT: [(&str, Form); 6] = [
    ("empty segments are kept", one_slash),
    ("empty names and values are kept", without_empty),
    ("a stray % is not escaped", |url| url.replace("%25", "%")),
    ("what the URL standard does not escape is not escaped", unescaped),
    ("a dot behind the host counts", |url| url.replace("./", "/")),
    ("credentials count", |url| url.replace("user:pass@", "")),
];

#[test]
fn every_difference_is_a_documented_rule() {
    let rules = Config { session_ids: Presence::Drop, query: Order::Sort, ..Config::default() };
    let rules = Rules::new(rules).unwrap();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for case in cases("url/normalize.jsonl") {
        let ours = Url::parse(text(&case, "in")).ok();
        let ours = ours.map(|url| canonical(rules.rewrite(&url).as_str()).into_owned());
        let theirs = case["out"].as_str();
        match reason(text(&case, "in"), ours.as_deref(), theirs) {
            Some(reason) => *reasons.entry(reason).or_default() += 1,
            None => unexplained.push(format!("{}: {ours:?} instead of {theirs:?}", text(&case, "id"))),
        }
    }
    reasons.iter().for_each(|(reason, count)| println!("url/normalize.jsonl: {count} {reason}"));
    assert!(unexplained.is_empty(), "{unexplained:#?}");
}

fn reason(written: &str, ours: Option<&str>, theirs: Option<&str>) -> Option<&'static str> {
    if ours == theirs {
        return Some("the same");
    }
    let is_http = |url: &str| Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    match (ours, theirs) {
        (None, _) if !written.contains("://") => Some("a scheme is not made up here, but for seeds"),
        (_, Some(theirs)) if !is_http(theirs) => Some("only http and https are crawled"),
        (Some(ours), Some(theirs)) => {
            let same = |(_, form): &&(&str, Form)| form(ours) == form(theirs);
            KEPT.iter().find(same).map(|(reason, _)| *reason)
        }
        (None, _) | (_, None) => None,
    }
}

fn one_slash(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let mut rest = rest.to_owned();
    while rest.contains("//") {
        rest = rest.replace("//", "/");
    }
    format!("{scheme}://{rest}")
}

fn without_empty(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let named = query.split('&').filter(|part| !part.is_empty() && !part.starts_with('='));
    let parts: Vec<_> = named.map(|part| part.trim_end_matches('=')).collect();
    format!("{path}?{}", parts.join("&"))
}

fn unescaped(url: &str) -> String {
    let escapes = [("%5B", "["), ("%5D", "]"), ("%5E", "^"), ("%60", "`"), ("%7C", "|"), ("%7B", "{"), ("%7D", "}")];
    escapes.iter().fold(url.to_owned(), |url, (escape, character)| url.replace(escape, character))
}
