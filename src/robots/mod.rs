//! robots.txt (RFC 9309): the rules of a host for one user agent. No I/O and no clock.
//!
//! Extensions on which well-known parsers agree: a colon may be missing between two words, some misspellings of `Disallow`
//! count, an `Allow` of `/index.html` also allows its directory, and `Crawl-delay`, `Request-rate` and `Sitemap` are read.
//!
//! Not supported, although some parsers do: a file wrapped in HTML, because the grammar has no markup; a sitemap URL
//! without its key, because such a line has the key `https`; a rule for `/robots.txt`, which section 2.2.2 always allows.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | [`Robots`]: the rules, delay and sitemaps for one agent |
//! | `parse`, `line` | parsing: groups, and single lines |
//! | `rule`, `matcher` | one [`Rule`], and the search for the rule that decides |
//! | `escape` | the normal spelling of paths and patterns |
//! | `copy` | encoding for the store |
//! | `directives` | `<meta name=robots>` and `X-Robots-Tag` |

mod copy;
mod directives;
mod escape;
mod line;
mod matcher;
mod parse;
mod rule;

use std::{sync::Arc, time::Duration};

pub(crate) use directives::Directives;
use matcher::Rules;
pub use rule::{Effect, Rule};

/// Maximum length of a file, in bytes; RFC 9309 requires at least 500 KiB. A longer file is cut after its last whole line.
const MAX_BODY: usize = 512 * 1024;

/// Maximum number of sitemaps kept of one file.
const MAX_SITEMAPS: usize = 1_000;

/// Maximum delay between requests. A longer one is reduced to it.
const MAX_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Rules of a host's robots.txt for one user agent. Only the group that applies to it is kept.
#[derive(Clone, Debug, Default)]
pub struct Robots {
    rules: Rules,
    crawl_delay: Option<Duration>,
    sitemaps: Box<[Box<str>]>,
}

impl Robots {
    /// Returns true if the agent may fetch `path`: path and query of a URL, as sent in the request.
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        self.rule_for(path).is_none_or(|rule| rule.effect() == Effect::Allow)
    }

    /// Returns the rule that decides about `path`: the longest one that matches (RFC 9309 section 2.2.2).
    ///
    /// Of two rules of the same length, `Allow` takes precedence. `None` means that the path is allowed; `/robots.txt`
    /// always is.
    #[must_use]
    pub fn rule_for(&self, path: &str) -> Option<&Rule> {
        if path == "/robots.txt" {
            return None;
        }
        self.rules.find(&escape::path(path))
    }

    /// Returns the minimum time between two requests, from `Crawl-delay` or else from `Request-rate`; at most a day.
    ///
    /// If the agent has its own group, other groups do not count, not even `*`.
    #[must_use]
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// Returns the sitemaps in the order of the file, as written, each once; at most 1,000.
    ///
    /// They apply to every agent, in whatever group they are. Relative URLs must be resolved against the URL of the file.
    #[must_use]
    pub fn sitemaps(&self) -> &[Box<str>] {
        &self.sitemaps
    }
}

/// Result of fetching the robots.txt of a host.
#[derive(Clone, Debug)]
pub(crate) enum RobotsAnswer {
    /// Rules; without any rule after a 4xx status.
    Rules(Arc<Robots>),
    /// A 5xx status or no response, with the error: for now everything is forbidden (RFC 9309 section 2.3.1.4).
    Unreachable(Arc<str>),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the line of the rule that decides: positive if it allows, negative if it forbids, 0 if there is none.
    fn decide(body: &str, path: &str) -> i64 {
        let robots = Robots::parse(format!("User-agent: *\n{body}").as_bytes(), "lycosa/1.0");
        robots.rule_for(path).map_or(0, |rule| match rule.effect() {
            Effect::Allow => i64::from(rule.line()) - 1,
            Effect::Disallow => 1 - i64::from(rule.line()),
        })
    }

    #[test]
    fn the_longest_matching_rule_decides() {
        for (body, path, line) in [
            ("Disallow: /", "/a", -1),
            ("Disallow: /", "/robots.txt", 0),
            ("Disallow:", "/a", 0),
            ("Disallow: /a\nAllow: /a/b", "/a/b/c", 2),
            ("Disallow: /a\nAllow: /a/b", "/a/c", -1),
            ("Disallow: /a\nAllow: /a", "/a", 2),
            ("Allow: /a\nDisallow: /a", "/a", 1),
            ("Disallow: /*b\nAllow: /ab", "/ab", 2),
            ("Disallow: /a*\nAllow: /a", "/a", -1),
            ("Disallow: /a*\nAllow: /ab", "/ab", 2),
            ("Disallow: /A", "/a", 0),
            ("Disallow: a", "/a", 0),
            ("Disallow: /a\nDisallow: /abcd", "/abc", -1),
            ("Disallow: /*?\nAllow: /?page=", "/?page=2", 2),
            ("Allow: /shop/index.html\nDisallow: /", "/shop/", 1),
            ("Allow: /shop/index.html\nDisallow: /", "/shop/x", -2),
        ] {
            assert_eq!(decide(body, path), line, "{body:?} {path}");
        }
    }

    #[test]
    fn patterns_match_paths() {
        for (pattern, path, matches) in [
            ("*", "/", true),
            ("/*", "/", true),
            ("$", "/", false),
            ("/$", "/", true),
            ("/$", "/a", false),
            ("/a*c*e", "/abcde", true),
            ("/a*c*e", "/aec", false),
            ("/a*b$", "/abab", true),
            ("/a*b$", "/aba", false),
            ("/ab*b$", "/ab", false),
            ("/a*$", "/a", true),
            ("/*.php$", "/x.php?y", false),
            ("/a$b", "/a$b", true),
            ("/a%24", "/a$", true),
            ("/a%2A", "/a*", true),
            ("/a%2a$", "/ab", false),
            ("/%7Ejoe", "/~joe/x", true),
            ("/a%2fb", "/a/b", false),
            ("/a%2fb", "/a%2Fb", true),
            ("/\u{e9}", "/%c3%A9", true),
            ("/a b", "/a%20b", true),
            ("/{id}", "/%7Bid%7D", true),
        ] {
            assert_eq!(decide(&format!("Disallow: {pattern}"), path) != 0, matches, "{pattern} {path}");
        }
    }

    #[test]
    fn a_rule_is_shown_as_a_line() {
        let robots = Robots::parse(b"User-agent: *\n\ndisallow:  /%7ea/*.php$ # x", "lycosa");
        let rule = robots.rule_for("/~a/b.php").unwrap();
        assert_eq!((rule.to_string().as_str(), rule.line()), ("Disallow: /~a/*.php$", 3));
    }
}
