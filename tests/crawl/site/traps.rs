//! Endless sets of pages.

use url::Url;

use super::request::Request;

/// Returns the links of a page of the trap `kind`. `rest` is the remaining path. There are always new links.
pub(super) fn links<'a>(kind: &str, rest: impl Iterator<Item = &'a str>, url: &Url, request: &Request) -> Vec<String> {
    let numbers: Vec<u64> = rest.filter_map(|segment| segment.parse().ok()).collect();
    let seen = url.query().map_or(0, str::len);
    match kind {
        "calendar" => {
            let months = numbers.first().unwrap_or(&2024) * 12 + numbers.get(1).unwrap_or(&1);
            let month = |months: u64| format!("/trap/calendar/{}/{}", (months - 1) / 12, (months - 1) % 12 + 1);
            vec![month(months - 1), month(months + 1)]
        }
        // Every response has another session, for the same three pages.
        "session" => {
            let session = request.target.len() * 1000 + seen;
            (0..3).map(|page| format!("/trap/session/{page};jsessionid={session}{}", numbers.len())).collect()
        }
        // A relative link that should have been absolute.
        "deep" => vec![format!("{}/deep", url.path()), format!("{}/below", url.path())],
        "grow" => vec![format!("{}/{}", url.path(), url.path().len())],
        "query" => {
            (0..5).map(|n| format!("/trap/query?color={n}&size={seen}&order={}", "x".repeat(seen % 40 + n))).collect()
        }
        _ => {
            (0..1000).map(|n| format!("/trap/wide/{}{n}", url.path().rsplit('/').next().unwrap_or_default())).collect()
        }
    }
}
