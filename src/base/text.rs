//! Text: cut to a length, decoded from a header field, split into tokens.

use std::{borrow::Cow, fmt::Display, sync::Arc};

/// Maximum length of the text of an error, in characters.
const MAX_ERROR: usize = 200;

/// Returns the longest prefix of `text` of at most `limit` bytes that ends at a character boundary.
pub(crate) fn prefix(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or(text)
}

/// Returns an error as text, short enough for logs and reports.
pub(crate) fn from_error(error: &(impl Display + ?Sized)) -> Arc<str> {
    let text = error.to_string();
    let end = text.char_indices().nth(MAX_ERROR).map_or(text.len(), |(at, _)| at);
    prefix(&text, end).into()
}

/// Decodes the value of a header field: UTF-8, else latin-1, where each byte is one character.
///
/// Fields are bytes (RFC 9110 section 5.5). A value with an odd byte must not be treated as missing.
pub(crate) fn from_field(value: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(value) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => value.iter().copied().map(char::from).collect::<String>().into(),
    }
}

/// Splits a list at commas, semicolons and white space, which authors mix.
pub(crate) fn tokens(list: &str) -> impl Iterator<Item = &str> {
    list.split(|sign: char| matches!(sign, ',' | ';') || sign.is_whitespace()).filter(|token| !token.is_empty())
}

/// Removes white space and invisible characters around a text, which editors and servers put around URLs.
pub(crate) fn trim_invisible(text: &str) -> &str {
    text.trim_matches(is_invisible)
}

/// Returns true for white space of any script, and for characters that take no space on a screen: soft hyphens, marks
/// of byte order and of direction, zero-width spaces, control characters.
pub(crate) fn is_invisible(character: char) -> bool {
    match character {
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' => true,
        '\u{e0000}'..='\u{e0fff}' => true,
        _ => character.is_whitespace() || character.is_control(),
    }
}

/// Appends a number in decimal, ten times faster than `write!`.
pub(crate) fn push_decimal(out: &mut Vec<u8>, mut number: u64) {
    let start = out.len();
    loop {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_never_split() {
        for (limit, expected) in [(0, ""), (1, "a"), (2, "a"), (3, "aé"), (4, "aéb"), (9, "aéb")] {
            assert_eq!(prefix("aéb", limit), expected);
        }
    }
}
