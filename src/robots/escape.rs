//! Normal spelling of paths and patterns, so that they can be compared byte by byte (RFC 9309 section 2.2.2).
//!
//! Escapes of unreserved characters are resolved, all other escapes are in upper case, and characters that are not allowed
//! in a URL are escaped. `/a%2Fb` and `/a/b` stay different. The result is ASCII.

use std::borrow::Cow;

/// Normalizes path and query of a URL. `*` and `$` are escaped because they are not wildcards here.
pub(super) fn path(raw: &str) -> Cow<'_, str> {
    if raw.bytes().all(is_plain) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len() + 16);
    escape(raw.as_bytes(), &mut out);
    Cow::Owned(out)
}

/// Normalizes the pattern of a rule. Repeated `*` become one, and `$` is escaped unless it is at the end.
pub(super) fn pattern(raw: &[u8]) -> String {
    let (body, anchor) = match raw.strip_suffix(b"$") {
        Some(body) => (body, "$"),
        None => (raw, ""),
    };
    let mut out = String::with_capacity(raw.len());
    for (index, part) in body.split(|&byte| byte == b'*').enumerate() {
        if index > 0 && !out.ends_with('*') {
            out.push('*');
        }
        escape(part, &mut out);
    }
    out.push_str(anchor);
    out
}

fn escape(raw: &[u8], out: &mut String) {
    let mut rest = raw;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let Some((escaped, tail)) = (byte == b'%').then(|| decode_hex(tail)).flatten() else {
            if is_plain(byte) || byte == b'%' {
                out.push(char::from(byte))
            } else {
                push_escape(byte, out)
            }
            continue;
        };
        if is_unreserved(escaped) {
            out.push(char::from(escaped))
        } else {
            push_escape(escaped, out)
        }
        rest = tail;
    }
}

/// Decodes the two hexadecimal digits at the start of `text`. Returns the byte and the remaining text.
fn decode_hex(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], tail) = text.split_first_chunk()?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(high)? << 4 | digit(low)?, tail))
}

fn push_escape(byte: u8, out: &mut String) {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default().to_ascii_uppercase();
    out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
}

/// Returns true if the byte means the same in paths and patterns and has only one spelling.
///
/// `'` is not such a byte: the URL standard escapes it in queries but not in paths.
fn is_plain(byte: u8) -> bool {
    is_unreserved(byte) || b"/?:@!&()+,;=[]".contains(&byte)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalized() {
        for (raw, normal) in [
            ("/a/b?c=d&e", "/a/b?c=d&e"),
            ("/%7ejoe/%41", "/~joe/A"),
            ("/a%2fb%c3%A9", "/a%2Fb%C3%A9"),
            ("/é \"{x}\"", "/%C3%A9%20%22%7Bx%7D%22"),
            ("/*.php$", "/%2A.php%24"),
            ("/100%/%4/%zz", "/100%/%4/%zz"),
            ("/it's", "/it%27s"),
            ("", ""),
        ] {
            assert_eq!(path(raw), normal);
            assert_eq!(path(normal), normal, "stable");
        }
    }

    #[test]
    fn patterns_are_normalized_and_keep_wildcards() {
        for (raw, normal) in [
            ("/a*b$", "/a*b$"),
            ("***", "*"),
            ("/a**%2a*%24", "/a*%2A*%24"),
            ("/price$us", "/price%24us"),
            ("/$$", "/%24$"),
            ("/%zz*%4*1", "/%zz*%4*1"),
        ] {
            assert_eq!(pattern(raw.as_bytes()), normal);
        }
        assert_eq!(pattern(b"/caf\xe9\0"), "/caf%E9%00");
    }
}
