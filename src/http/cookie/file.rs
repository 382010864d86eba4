//! Netscape cookie files, as written by curl, wget, Python and browser extensions.

use std::{borrow::Cow, time::Duration};

use url::Host;

use super::stored::Cookie;
use crate::base::time::Wall;

/// curl's mark for HttpOnly cookies.
const HTTP_ONLY: &[u8] = b"#HttpOnly_";

/// Number of fields in a line; the last one, the value, may be missing.
const FIELDS: usize = 7;

/// Parses a line: domain, include subdomains, path, secure, expiry, name, value; separated by tabs.
///
/// The expiry is in seconds since 1970. If it is 0, negative or empty, the cookie ends with the session. Returns `None` for
/// comments and empty lines.
///
/// # Errors
/// What is wrong with the line.
pub(crate) fn cookie(line: &[u8]) -> Option<Result<Cookie, String>> {
    // Files that were joined have byte order marks inside.
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line).trim_ascii_start();
    let line = match line.strip_prefix(HTTP_ONLY) {
        Some(line) => line,
        None if line.is_empty() || line.starts_with(b"#") => return None,
        None => line,
    };
    Some(parse(&fields(line)))
}

fn parse(fields: &[&[u8]]) -> Result<Cookie, String> {
    let &[domain, subdomains, path, secure, expiry, name, ref value @ ..] = fields else {
        return Err(format!("expected {FIELDS} fields with tabs between them, found {}", fields.len()));
    };
    let value = match value {
        [] => &[][..],
        [value] => value,
        [_, more @ ..] => return Err(format!("expected {FIELDS} fields, found {}", FIELDS + more.len())),
    };
    if [name, value].iter().any(|text| text.iter().any(u8::is_ascii_control)) {
        return Err("name and value must not contain control characters".to_owned());
    }
    let domain = String::from_utf8_lossy(domain);
    let host = Host::parse(domain.trim_matches('.'));
    let path = String::from_utf8_lossy(path);
    if !path.starts_with('/') {
        return Err(format!("path: `{path}` does not start with /"));
    }
    Ok(Cookie {
        name: name.into(),
        value: value.into(),
        domain: host.map_err(|error| format!("domain: `{domain}`: {error}"))?.to_string().into(),
        host_only: !boolean("include subdomains", subdomains)?,
        path: path.into(),
        secure: boolean("secure", secure)?,
        expires: expires(&String::from_utf8_lossy(expiry))?,
    })
}

/// Splits a line into its fields. A line without tabs, for example one that was pasted, is split at blanks.
fn fields(line: &[u8]) -> Vec<&[u8]> {
    let mut fields: Vec<_> = if line.contains(&b'\t') {
        // Tabs at the end are empty fields: those of an empty value, or white space.
        line.split(|byte| *byte == b'\t').map(<[u8]>::trim_ascii).collect()
    } else {
        let words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        words.take(FIELDS + 1).collect()
    };
    while fields.len() > FIELDS - 1 && fields.last().is_some_and(|last| last.is_empty()) {
        fields.pop();
    }
    // A missing path, as curl reads it.
    match fields.get_mut(2) {
        Some(path) if path.is_empty() => *path = b"/",
        Some(path) if boolean("", path).is_ok() => fields.insert(2, b"/"),
        Some(_) | None => {}
    }
    fields
}

fn boolean(field: &str, text: &[u8]) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_slice() {
        b"true" | b"1" => Ok(true),
        b"false" | b"0" => Ok(false),
        _ => Err(format!("{field}: expected TRUE or FALSE, found `{}`", String::from_utf8_lossy(text))),
    }
}

/// Parses an expiry; `None` for the end of the session. Fractions are kept; a time too large for us is the last one.
fn expires(text: &str) -> Result<Option<Wall>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    // A decimal comma is written by programs in other languages.
    let number = if text.contains(',') { Cow::Owned(text.replacen(',', ".", 1)) } else { Cow::Borrowed(text) };
    match number.parse::<f64>() {
        Ok(seconds) if seconds <= 0.0 => Ok(None),
        Ok(seconds) if !seconds.is_nan() => {
            Ok(Some(Wall(0) + Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)))
        }
        Ok(_) | Err(_) => Err(format!("expiry: `{text}` is not a number of seconds")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Cookie, String> {
        cookie(line.as_bytes()).unwrap()
    }

    #[test]
    fn expiries_of_other_programs() {
        for (text, expected) in [
            ("4102444800", Some(4_102_444_800_000)),
            ("4102444800.381742", Some(4_102_444_800_381)),
            ("4102444800,5", Some(4_102_444_800_500)),
            ("4.1024448e9", Some(4_102_444_800_000)),
            (" 4102444800 ", Some(4_102_444_800_000)),
            ("9223372036854775807", Some(u64::MAX)),
            ("99999999999999999999999999", Some(u64::MAX)),
            ("1e400", Some(u64::MAX)),
            ("", None),
            ("0", None),
            ("0.0", None),
            ("-1", None),
            ("-62135596800.5", None),
        ] {
            let cookie = parsed(&format!("a.example\tFALSE\t/\tFALSE\t{text}\tn\tv"));
            let expires = cookie.unwrap().expires.map(|at| at.0);
            let close = expires.zip(expected).is_some_and(|(at, expected)| at.abs_diff(expected) <= expected >> 50);
            assert!(close || expires == expected, "{text}: {expires:?}");
        }
        assert!(parsed("a.example\tFALSE\t/\tFALSE\tnever\tn\tv").unwrap_err().contains("expiry: `never`"));
        assert!(parsed("a.example\tFALSE\t/\tFALSE\tNaN\tn\tv").is_err());
    }

    #[test]
    fn fields_of_other_programs() {
        for (line, name, value, domain, path) in [
            ("a.example\tFALSE\t/x\tFALSE\t0\tn\tv", "n", "v", "a.example", "/x"),
            ("\u{feff}a.example\tFALSE\t/\tFALSE\t0\tn\tv", "n", "v", "a.example", "/"),
            // White space at both ends, and tabs at the end.
            (" a.example\tfalse\t/\tFalse\t0\tn\tv \t\t", "n", "v", "a.example", "/"),
            // No value: curl without a final tab, Python without a name.
            ("a.example\tFALSE\t/\tFALSE\t0\tn", "n", "", "a.example", "/"),
            ("a.example\tFALSE\t/\tFALSE\t0\tn\t", "n", "", "a.example", "/"),
            ("a.example\tFALSE\t/\tFALSE\t\t\tv", "", "v", "a.example", "/"),
            // No path.
            ("a.example\tFALSE\t\tFALSE\t0\tn\tv", "n", "v", "a.example", "/"),
            ("a.example\tFALSE\tFALSE\t0\tn\tv", "n", "v", "a.example", "/"),
            // Blanks for tabs.
            ("a.example  FALSE / FALSE  0 n   v=1", "n", "v=1", "a.example", "/"),
            ("a.example FALSE / FALSE 0 n", "n", "", "a.example", "/"),
            ("#HttpOnly_.A.Example\tTRUE\t/\tTRUE\t0\tn\ta b", "n", "a b", "a.example", "/"),
            ("b\u{fc}cher.example\tTRUE\t/\t1\t0\tn\t\"v\"", "n", "\"v\"", "xn--bcher-kva.example", "/"),
            ("a.example.\tFALSE\t/\tFALSE\t0\tn\tv", "n", "v", "a.example", "/"),
            ("[::1]\tFALSE\t/\tFALSE\t0\tn\tv", "n", "v", "[::1]", "/"),
        ] {
            let cookie = parsed(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!((&*cookie.name, &*cookie.value), (name.as_bytes(), value.as_bytes()), "{line}");
            assert_eq!((&*cookie.domain, &*cookie.path), (domain, path), "{line}");
        }
        // Bytes that are not UTF-8 belong to the value.
        let cookie = cookie(b"a.example\tFALSE\t/\tFALSE\t0\tn\t\xe9").unwrap().unwrap();
        assert_eq!(&*cookie.value, b"\xe9");
    }

    #[test]
    fn lines_without_a_cookie() {
        for line in ["", "  ", "# Netscape HTTP Cookie File", "#HttpOnly", "\t"] {
            assert!(cookie(line.as_bytes()).is_none(), "{line}");
        }
        for (line, message) in [
            ("nonsense", "expected 7 fields with tabs between them, found 1"),
            ("[{\"domain\": \"a.example\", \"name\": \"n\"}]", "expected 7 fields"),
            ("a.example\tFALSE\t/\tFALSE\t0\tn\tv\tw", "found 8"),
            ("a.example\tperhaps\t/\tFALSE\t0\tn\tv", "include subdomains: expected TRUE or FALSE"),
            ("a.example\tFALSE\tx\tFALSE\t0\tn\tv", "path: `x`"),
            ("\tFALSE\t/\tFALSE\t0\tn\tv", "expected TRUE or FALSE"),
            (".\tFALSE\t/\tFALSE\t0\tn\tv", "domain: `.`"),
            ("a b\tFALSE\t/\tFALSE\t0\tn\tv", "domain: `a b`"),
            ("a.example\tFALSE\t/\tFALSE\t0\tn\tv\u{1}", "control characters"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.contains(message), "{line}: {error}");
        }
    }
}
