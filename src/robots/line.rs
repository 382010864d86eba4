//! Lines of a robots.txt.

/// Line with a known key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Starts a group, or adds an agent to it.
    UserAgent(&'a [u8]),
    /// Paths that may be fetched.
    Allow(&'a [u8]),
    /// Paths that must not be fetched.
    Disallow(&'a [u8]),
    /// Number of seconds between two requests.
    CrawlDelay(&'a [u8]),
    /// Number of requests per time: `1/10s`.
    RequestRate(&'a [u8]),
    /// URL of a sitemap.
    Sitemap(&'a [u8]),
}

/// Common misspellings of `Disallow` that all well-known parsers accept.
const DISALLOW_MISSPELT: [&str; 5] = ["dissallow", "dissalow", "disalow", "diasllow", "disallaw"];

/// Returns the lines with known keys and their numbers, which start at 1. Lines end with LF, CR or CRLF.
pub(super) fn lines(body: &[u8]) -> impl Iterator<Item = (u32, Line<'_>)> {
    let mut rest = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let raw = std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        rest = tail.strip_prefix(b"\r\n").or_else(|| tail.get(1..)).unwrap_or_default();
        Some(line)
    });
    (1..).zip(raw).filter_map(|(number, line)| Some((number, parse_line(line)?)))
}

fn parse_line(line: &[u8]) -> Option<Line<'_>> {
    let text = line.split(|&byte| byte == b'#').next()?.trim_ascii();
    let (key, value) = split_key(text)?;
    let is = |names: &[&str]| names.iter().any(|name| key.eq_ignore_ascii_case(name.as_bytes()));
    if is(&["disallow"]) || is(&DISALLOW_MISSPELT) {
        Some(Line::Disallow(value))
    } else if is(&["allow"]) {
        Some(Line::Allow(value))
    } else if is(&["user-agent"]) {
        Some(Line::UserAgent(value))
    } else if is(&["sitemap"]) {
        Some(Line::Sitemap(value))
    } else if is(&["crawl-delay"]) {
        Some(Line::CrawlDelay(value))
    } else if is(&["request-rate"]) {
        Some(Line::RequestRate(value))
    } else {
        None
    }
}

/// Splits a line at its colon; without a colon, between its two words.
fn split_key(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(colon) = memchr::memchr(b':', text) {
        let (key, value) = text.split_at(colon);
        return Some((key.trim_ascii_end(), value.get(1..)?.trim_ascii_start()));
    }
    let blank = text.iter().position(u8::is_ascii_whitespace)?;
    let (key, value) = text.split_at(blank);
    let value = value.trim_ascii_start();
    (!value.iter().any(u8::is_ascii_whitespace)).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_parsed() {
        for (text, line) in [
            ("Disallow: /a", Some(Line::Disallow(b"/a"))),
            (" \tDISALLOW \t:\t/a b \t# why", Some(Line::Disallow(b"/a b"))),
            ("Disallow:", Some(Line::Disallow(b""))),
            ("Disallow:#/a", Some(Line::Disallow(b""))),
            ("Disallow : : /a", Some(Line::Disallow(b": /a"))),
            ("disalow: /a", Some(Line::Disallow(b"/a"))),
            ("allow /a", Some(Line::Allow(b"/a"))),
            ("allow /a b", None),
            ("allow", None),
            ("User-Agent: a/1.0 (b)", Some(Line::UserAgent(b"a/1.0 (b)"))),
            ("Sitemap: http://a.example/s", Some(Line::Sitemap(b"http://a.example/s"))),
            ("Crawl-delay: 5", Some(Line::CrawlDelay(b"5"))),
            ("Request-rate: 1/5", Some(Line::RequestRate(b"1/5"))),
            ("Clean-param: ref /a", None),
            ("# Disallow: /a", None),
            ("\u{feff}Disallow: /a", Some(Line::Disallow(b"/a"))),
            ("\u{feff}\u{feff}Disallow: /a", None),
            (": /a", None),
        ] {
            assert_eq!(lines(text.as_bytes()).next().map(|(_, line)| line), line, "{text:?}");
        }
    }

    #[test]
    fn line_numbers_are_right_for_all_line_endings() {
        let numbers: Vec<_> =
            lines(b"allow: /1\rallow: /2\r\nallow: /3\n\n\rallow: /6").map(|(number, _)| number).collect();
        assert_eq!(numbers, [1, 2, 3, 6]);
    }
}
