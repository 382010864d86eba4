//! Declarative refreshes: `Refresh` fields and `<meta http-equiv=refresh>`, parsed by the HTML standard's shared declarative
//! refresh steps.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `parser.refresh`: what happens to a page with a refresh to another URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AtRefresh {
    /// The page is handled like any other.
    Ignore,
    /// The refresh of a seed without a link to follow is followed like a redirect.
    #[default]
    Seeds,
    /// The refresh is followed like a redirect.
    Follow,
}

/// A parsed refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refresh<'a> {
    /// Time until the refresh.
    pub(crate) delay: Duration,
    /// Target as written. Empty means the page itself.
    pub(crate) url: &'a str,
}

impl<'a> Refresh<'a> {
    /// Parses a refresh. `None` if it is not valid.
    #[must_use]
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let text = skip_blanks(text);
        let digits = text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len());
        let (seconds, rest) = text.split_at(digits);
        if seconds.is_empty() && !rest.starts_with('.') {
            return None;
        }
        // A number too large to parse means a delay too long to wait for.
        let seconds = if seconds.is_empty() { 0 } else { seconds.parse().unwrap_or(u64::MAX) };
        let rest = rest.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == '.');
        let delay = Duration::from_secs(seconds);
        if !rest.is_empty() && !rest.starts_with(|sign: char| matches!(sign, ';' | ',') || sign.is_ascii_whitespace()) {
            return None;
        }
        let rest = skip_blanks(rest);
        let rest = skip_blanks(rest.strip_prefix([';', ',']).unwrap_or(rest));
        Some(Self { delay, url: target(rest) })
    }
}

/// Returns the URL, which may follow `url=` and may be quoted.
fn target(text: &str) -> &str {
    let named = text.split_at_checked(3).filter(|(name, _)| name.eq_ignore_ascii_case("url"));
    let value = named.and_then(|(_, rest)| skip_blanks(rest).strip_prefix('='));
    // A URL may start with these letters, too.
    let begins = |letter: &str| text.get(..1).is_some_and(|first| first.eq_ignore_ascii_case(letter));
    let value = match value {
        Some(value) => skip_blanks(value),
        None if begins("u") => return text,
        None => text,
    };
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inside = value.get(1..).unwrap_or_default();
            inside.split(quote).next().unwrap_or_default()
        }
        Some(_) | None => value,
    }
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches(|sign: char| sign.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_browsers_read_it() {
        for (text, wanted) in [
            ("0; url=/a", Some((0, "/a"))),
            ("5;URL='/a b'; x", Some((5, "/a b"))),
            (" 3 , url = \"/a", Some((3, "/a"))),
            ("0 /a", Some((0, "/a"))),
            ("0;/a", Some((0, "/a"))),
            ("0;'/a'x", Some((0, "/a"))),
            ("0; unknown", Some((0, "unknown"))),
            ("0; url", Some((0, "url"))),
            ("0; urls=/a", Some((0, "urls=/a"))),
            ("1.9; url=/a", Some((1, "/a"))),
            (".5; url=/a", Some((0, "/a"))),
            ("10", Some((10, ""))),
            ("10;", Some((10, ""))),
            ("0; url=", Some((0, ""))),
            ("99999999999999999999999; url=/a", Some((u64::MAX, "/a"))),
            ("url=/a", None),
            ("; url=/a", None),
            ("0x; url=/a", None),
            ("-1; url=/a", None),
            ("", None),
        ] {
            let found = Refresh::parse(text).map(|refresh| (refresh.delay.as_secs(), refresh.url));
            assert_eq!(found, wanted, "{text}");
        }
    }
}
