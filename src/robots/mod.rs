//! robots.txt (RFC 9309): what a host says to one user agent. Pure: no I/O, no clock.
//!
//! Beyond the RFC, as far as the well-known parsers agree: a colon may be missing between two words, some misspellings of
//! `Disallow` are understood, an `Allow` of `/index.html` allows its directory too, and `Crawl-delay`, `Request-rate` and
//! `Sitemap` lines are read.
//!
//! Not understood, though some parsers do: a file wrapped in HTML, as no mark-up stands in the grammar; a sitemap's URL
//! without its key, as such a line has the key `https`; a rule about `/robots.txt`, which section 2.2.2 always allows.

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

/// How much of a file is read; the RFC wants 500 KiB at least. A longer file is cut at its last whole line.
const MAX_BODY: usize = 512 * 1024;

/// The most sitemaps kept of one file.
const MAX_SITEMAPS: usize = 1_000;

/// The longest delay a file can ask for: longer ones are cut down to it.
const MAX_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a host's robots.txt says to one user agent: only the group that applies to it is kept.
#[derive(Clone, Debug, Default)]
pub struct Robots {
    rules: Rules,
    crawl_delay: Option<Duration>,
    sitemaps: Box<[Box<str>]>,
}

impl Robots {
    /// Parses the file for `agent`: a product token, or a User-Agent header that begins with one.
    ///
    /// Any bytes are a valid file; what is not understood is skipped, and at most 512 KiB are read.
    ///
    /// ```
    /// let robots = lycosa::Robots::parse(b"User-agent: *\nDisallow: /private/\n", "lycosa/1.0");
    /// assert!(robots.allows("/public/"));
    /// assert!(!robots.allows("/private/page?id=1"));
    /// ```
    #[must_use]
    pub fn parse(body: &[u8], agent: &str) -> Self {
        parse::parse(body, agent)
    }

    /// Whether the agent may fetch `path` (path and query of the URL, as on the wire).
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        self.rule_for(path).is_none_or(|rule| rule.effect() == Effect::Allow)
    }

    /// The rule that decides about `path`: the longest that matches it (RFC 9309 section 2.2.2), an `Allow` before a
    /// `Disallow` of the same length. `None`: nothing forbids it. `/robots.txt` itself is under no rule.
    #[must_use]
    pub fn rule_for(&self, path: &str) -> Option<&Rule> {
        if path == "/robots.txt" {
            return None;
        }
        self.rules.longest(&escape::path(path))
    }

    /// The least time between two requests that the group asks for by `Crawl-delay` or, without one, by `Request-rate`;
    /// at most a day. Other groups do not count, not even `*`, if the agent has one of its own.
    #[must_use]
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// The sitemaps the file names, as written, without repetitions, in the order of the file; at most 1,000. They are
    /// for everyone, whatever group they stand in. Some files give relative URLs: resolve them against the file's own.
    #[must_use]
    pub fn sitemaps(&self) -> &[Box<str>] {
        &self.sitemaps
    }
}

/// What asking a host for its robots.txt gave.
#[derive(Clone, Debug)]
pub(crate) enum RobotsAnswer {
    /// Its rules; empty ones for a 4xx.
    Rules(Arc<Robots>),
    /// A 5xx or no answer: everything is forbidden for now (RFC 9309 section 2.3.1.4); in these words.
    Unreachable(Arc<str>),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line that decides about a path; 0: none, and negative: it forbids.
    fn decide(body: &str, path: &str) -> i64 {
        let robots = Robots::parse(format!("User-agent: *\n{body}").as_bytes(), "lycosa/1.0");
        robots.rule_for(path).map_or(0, |rule| match rule.effect() {
            Effect::Allow => i64::from(rule.line()) - 1,
            Effect::Disallow => 1 - i64::from(rule.line()),
        })
    }

    #[test]
    fn the_longest_rule_decides() {
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
    fn patterns_match() {
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
