//! Resolves URLs as browsers do (URL standard).
//!
//! The `url` crate differs from the standard in two cases, which are handled here: more than two slashes before a host, and
//! characters that the encoding of a page lacks. A final dot of the host is removed, see [`without_final_dot`].

use std::borrow::Cow;

use encoding_rs::{EncoderResult, Encoding, UTF_8};
use url::{ParseError, Url};

use super::canonical::without_final_dot;

/// Resolves `text` against `base`.
///
/// # Errors
/// If it is not a valid URL.
pub(crate) fn resolve(base: &Url, text: &str) -> Result<Url, ParseError> {
    // The only call of `Url::join`: all others would miss the rules of this file.
    #[expect(clippy::disallowed_methods, reason = "this is the function to use instead")]
    base.join(&with_two_slashes(base, text)).map(without_final_dot)
}

/// Like [`resolve`], with the query in the encoding of the page.
///
/// # Errors
/// If it is not a valid URL.
pub(crate) fn resolve_encoded(base: &Url, text: &str, encoding: &'static Encoding) -> Result<Url, ParseError> {
    if encoding == UTF_8 {
        return resolve(base, text);
    }
    let encode = encoder(encoding);
    let options = Url::options().base_url(Some(base)).encoding_override(Some(&encode));
    options.parse(&with_two_slashes(base, text)).map(without_final_dot)
}

/// Shortens more than two slashes or backslashes at the start to two ("special authority ignore slashes state").
fn with_two_slashes<'t>(base: &Url, text: &'t str) -> Cow<'t, str> {
    // Like the parser, skip controls and spaces before the URL, and tabs and line breaks in it.
    let start = text.trim_start_matches(|character| character <= ' ');
    if !start.starts_with(['/', '\\']) || !matches!(base.scheme(), "http" | "https" | "ws" | "wss" | "ftp") {
        return Cow::Borrowed(text);
    }
    let rest = start.trim_start_matches(['/', '\\', '\t', '\n', '\r']);
    let slashes = start.len() - rest.len();
    let is_slash = |byte: &&u8| matches!(byte, b'/' | b'\\');
    if slashes > 2 && start.bytes().take(slashes).filter(|byte| is_slash(&byte)).count() > 2 {
        return Cow::Owned(format!("//{rest}"));
    }
    Cow::Borrowed(text)
}

fn encoder(encoding: &'static Encoding) -> impl Fn(&str) -> Cow<'_, [u8]> {
    move |query| encoded(query, encoding).into()
}

/// Encodes a query. A character that the encoding lacks becomes a percent-encoded numeric reference ("percent-encode after
/// encoding"), which no escape of the author equals.
fn encoded(query: &str, encoding: &'static Encoding) -> Vec<u8> {
    let mut encoder = encoding.new_encoder();
    let mut out = Vec::with_capacity(query.len() + 16);
    let mut rest = query;
    loop {
        let needed = encoder.max_buffer_length_from_utf8_without_replacement(rest.len());
        out.reserve(needed.unwrap_or(rest.len()));
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut out, true);
        rest = rest.get(read..).unwrap_or_default();
        match result {
            EncoderResult::InputEmpty => return out,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(character) => {
                out.extend_from_slice(format!("%26%23{}%3B", u32::from(character)).as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{BIG5, GB18030, ISO_2022_JP, SHIFT_JIS, UTF_16LE, WINDOWS_1252};

    use super::*;

    fn resolved(base: &str, text: &str) -> Option<String> {
        resolve(&base.parse().unwrap(), text).ok().map(String::from)
    }

    #[test]
    fn slashes_before_a_host() {
        let page = "http://a.example/d/p?q";
        for (text, url) in [
            ("//b.example/x", "http://b.example/x"),
            ("///b.example/x", "http://b.example/x"),
            ("////b.example/x", "http://b.example/x"),
            ("//////////b.example", "http://b.example/"),
            ("//\\b.example/x", "http://b.example/x"),
            ("/\\b.example/x", "http://b.example/x"),
            ("\\\\b.example/x", "http://b.example/x"),
            ("\\\\\\b.example\\x", "http://b.example/x"),
            ("/\\/\\/b.example", "http://b.example/"),
            (" \n/\t/\r//b.example/x ", "http://b.example/x"),
            ("/\n/\tx", "http://x/"),
            ("/x//y///z", "http://a.example/x//y///z"),
            ("\\x", "http://a.example/x"),
            ("/\t", "http://a.example/"),
            ("?///x", "http://a.example/d/p?///x"),
            ("http:///b.example", "http://b.example/"),
            ("http:\\\\\\b.example", "http://b.example/"),
            ("https:////b.example", "https://b.example/"),
            ("https:b.example", "https://b.example/"),
            ("http:/x", "http://a.example/x"),
        ] {
            assert_eq!(resolved(page, text).as_deref(), Some(url), "{text:?}");
        }
        assert_eq!(resolved("https://a.example/", "///b.example").unwrap(), "https://b.example/");
        for text in ["//", "///", "/\\/", "//// "] {
            assert_eq!(resolved(page, text), None, "{text:?}");
        }
        assert_eq!(resolved("file:///d/p", "///x").unwrap(), "file:///x");
    }

    #[test]
    fn final_dots_of_hosts_are_removed() {
        for (text, url) in [
            ("//b.example./x", "http://b.example/x"),
            ("https://B.example.:444/x./", "https://b.example:444/x./"),
            ("https://b.example.:443/", "https://b.example/"),
            ("///bücher.example。/", "http://xn--bcher-kva.example/"),
            ("http://127.0.0.1.:81/", "http://127.0.0.1:81/"),
            ("x", "http://a.example/x"),
        ] {
            assert_eq!(resolved("http://a.example./", text).as_deref(), Some(url), "{text:?}");
        }
    }

    #[test]
    fn queries_in_the_encoding_of_a_page() {
        let base = "http://a.example/p".parse().unwrap();
        for (encoding, text, url) in [
            (WINDOWS_1252, "?é€", "?%E9%80"),
            (WINDOWS_1252, "?k=ы&x=1", "?k=%26%231099%3B&x=1"),
            (WINDOWS_1252, "?a=&%23233;&#x", "?a=&%23233;&#x"),
            (WINDOWS_1252, "?\u{1f577}\u{fffd}#ы", "?%26%23128375%3B%26%2365533%3B#%D1%8B"),
            (WINDOWS_1252, "ы?ы", "%D1%8B?%26%231099%3B"),
            (SHIFT_JIS, "?日é本", "?%93%FA%26%23233%3B%96{"),
            (BIG5, "?一é", "?%A4@%26%23233%3B"),
            (BIG5, "?\u{1f577}", "?%26%23128375%3B"),
            (GB18030, "?\u{1f577}", "?%949%EE9"),
            (ISO_2022_JP, "?日\u{1f577}日", "?%1B$BF|%1B(B%26%23128375%3B%1B$BF|%1B(B"),
            (UTF_16LE, "?ы", "?%D1%8B"),
        ] {
            let found = resolve_encoded(&base, text, encoding).unwrap();
            assert_eq!(
                found.as_str().strip_prefix("http://a.example/").unwrap().trim_start_matches('p'),
                url,
                "{text}"
            );
        }
        let long = format!("?{}", "ы".repeat(50_000));
        let found = resolve_encoded(&base, &long, WINDOWS_1252).unwrap();
        assert_eq!(found.query().unwrap(), "%26%231099%3B".repeat(50_000));
    }
}
