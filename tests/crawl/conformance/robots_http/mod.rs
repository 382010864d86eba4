//! robots/http.jsonl: each line describes a host and its responses to /robots.txt. One crawl fetches all of them.

use std::{collections::BTreeMap, time::Instant};

use lycosa::Request;
use serde_json::Value;

use self::web::{Hit, Host, Web};
use super::{Tally, cases, text};
use crate::harness::{config, crawl_with};

/// The hosts of the suite.
mod web;

/// Short time limits, so that hosts that hang are detected within seconds.
const CONFIG: &str = r#"
[fetcher.timeout]
first_byte = "2500ms"
idle = "1s"
total = "4s"
[retry]
times = 1
"#;

/// Maximum number of requests for robots.txt in a redirect loop.
const MAX_LOOP: usize = 21;

/// Maximum number of bytes read of an endless file.
const MAX_ENDLESS: u64 = 4 << 20;

#[test]
fn robots_over_http() {
    let cases = cases("robots/http.jsonl");
    if cases.is_empty() {
        return;
    }
    let web = Web::start(&cases);
    let seeds = cases.iter().zip(web.hosts()).flat_map(|(case, host)| seeds(case, host));
    crawl_with(config(CONFIG), seeds.collect::<Vec<_>>(), |crawler| crawler);

    let mut tally = Tally::default();
    for (case, host) in cases.iter().zip(web.hosts()) {
        let expected = text(case, "expect");
        let got = verdict(case, host);
        let got = match expected {
            "either" if matches!(got, "allow" | "disallow") => "either",
            _ => got,
        };
        tally.add(case, got, expected);
    }
    tally.close("robots/http.jsonl");
}

fn seeds(case: &Value, host: &Host) -> Vec<Request> {
    let page = host.url(text(case, "page"));
    let mut seeds = vec![Request::get(page)];
    match text(case, "id") {
        "h-cache" => seeds.extend((1..50).map(|number| Request::get(host.url(&format!("/p?{number}"))))),
        "h-per-authority" => seeds.push(Request::get(host.other_url("/p"))),
        _ => {}
    }
    // Header fields of a page's request must not be sent with the request for robots.txt.
    seeds.into_iter().map(|seed| seed.header("authorization", "secret").header("cookie", "a=b")).collect()
}

/// Returns the result at a host, in the words of the suite.
fn verdict(case: &Value, host: &Host) -> &'static str {
    let hits = host.hits();
    let (robots, pages): (Vec<&Hit>, Vec<&Hit>) = hits.iter().partition(|hit| hit.is_robots());
    let (id, first) = (text(case, "id"), robots.first().and_then(|hit| hit.ended));
    let final_answer = robots.iter().find(|hit| hit.status == Some(200)).and_then(|hit| hit.ended);
    let is_early = |answer: Option<Instant>| pages.iter().any(|page| answer.is_none_or(|answer| page.began < answer));
    let paths = pages.iter().fold(BTreeMap::new(), |mut paths, page| {
        *paths.entry(page.path.as_str()).or_insert(0) += 1;
        paths
    });
    match id {
        _ if robots.is_empty() => "no robots.txt asked for",
        _ if is_early(first) => "a page before robots.txt",
        _ if robots.iter().any(|hit| hit.has("authorization") || hit.has("cookie")) => "a page's fields",
        _ if robots.iter().any(|hit| hit.method != "GET") => "another method",
        _ if hits.iter().any(|hit| !hit.names("lycosa/")) => "no product token",
        "h-503-recover" if is_early(final_answer) => "a page before 200",
        "h-503-recover" if !pages.is_empty() => "allow-later",
        "h-redir-loop" if robots.len() > MAX_LOOP => "an endless loop",
        "h-endless" if host.sent() > MAX_ENDLESS => "an endless file",
        "h-cache" if robots.len() > 2 || paths.len() < 50 => "robots.txt again and again",
        "h-per-authority" if host.other_pages() != 1 => "another port's robots.txt",
        "h-redirect-target" if paths.contains_key("/no/x") => "allow",
        "h-redirect-target" => "disallow",
        _ if pages.is_empty() => "disallow",
        _ => "allow",
    }
}
