//! What follows from a changed key, for the log at the start.

use super::settings::{PROGRAM, SEED_FILES};

/// Keys, or beginnings of keys, that decide which URLs are crawled.
const ABOUT_URLS: [&str; 19] = [
    "crawl.seeds",
    "crawl.seed_files",
    "crawl.request",
    "crawl.allow_private",
    "scope.",
    "urls.",
    "discovery.",
    "traps.",
    "parser.statuses",
    "parser.refresh",
    "parser.frames",
    "parser.max_links",
    "politeness.robots",
    "politeness.meta_robots",
    "politeness.nofollow",
    "fetcher.redirects",
    "fetcher.max_body",
    "fetcher.over_limit",
    "host",
];

/// Returns true if the key decides which URLs are crawled.
pub(super) fn decides_about_urls(key: &str) -> bool {
    [SEED_FILES, PROGRAM].contains(&key) || ABOUT_URLS.iter().any(|start| key.starts_with(start))
}

/// Returns what follows from a changed key.
pub(super) fn of(key: &str) -> &'static str {
    if key.starts_with("urls.") {
        "URLs are compared in their new form, so known pages may be fetched again"
    } else if decides_about_urls(key) {
        "queued URLs that are no longer in scope are set aside when their turn comes, and URLs set aside that are in scope \
         now are queued; links that were refused before are not stored, --recheck finds them again"
    } else if key.starts_with("sink") {
        "records of pages fetched from now on are written this way"
    } else {
        "the new value applies from now on"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart() {
        for (key, decides) in [
            ("scope.depth", true),
            ("crawl.seeds", true),
            ("host", true),
            (SEED_FILES, true),
            ("crawl.name", false),
            ("crawl.contact", false),
            ("politeness.delay", false),
            ("fetcher.concurrency", false),
            ("sink", false),
        ] {
            assert_eq!(decides_about_urls(key), decides, "{key}");
            assert!(!of(key).is_empty());
        }
    }
}
