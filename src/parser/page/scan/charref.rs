//! Character references (HTML standard, section 13.2.5.72 and following), NUL and line breaks.

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use memchr::memchr3;

/// Place of a text. It decides about NUL and about references without a semicolon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// Value of an attribute.
    Attribute,
    /// Content of a `<title>`.
    Title,
    /// Text between tags.
    Data,
}

/// Appends `raw` to `out` and resolves its references.
pub(crate) fn decode(raw: &str, context: Context, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = memchr3(b'&', b'\r', 0, rest.as_bytes()) {
        let (before, special) = rest.split_at(at);
        out.push_str(before);
        let after = special.get(1..).unwrap_or_default();
        rest = match special.as_bytes().first() {
            Some(b'&') => reference(after, context, out),
            Some(b'\r') => {
                out.push('\n');
                after.strip_prefix('\n').unwrap_or(after)
            }
            _ => {
                if context != Context::Data {
                    out.push(char::REPLACEMENT_CHARACTER);
                }
                after
            }
        };
    }
    out.push_str(rest);
}

/// Appends the characters of a reference, given the text after its ampersand. If it is not a reference, appends the
/// ampersand. Returns the remaining text.
fn reference<'a>(after: &'a str, context: Context, out: &mut String) -> &'a str {
    let resolved = match after.strip_prefix('#') {
        Some(number) => numeric(number, out),
        None => named(after, context, out),
    };
    resolved.unwrap_or_else(|| {
        out.push('&');
        after
    })
}

fn named<'a>(after: &'a str, context: Context, out: &mut String) -> Option<&'a str> {
    let mut longest = None;
    // The table also contains every prefix of a name, with zeros as values.
    for end in 1..=after.len() {
        let Some(&(first, second)) = after.get(..end).and_then(|name| NAMED_ENTITIES.get(name)) else { break };
        if first != 0 {
            longest = Some((end, first, second));
        }
    }
    let (end, first, second) = longest?;
    let (name, rest) = after.split_at_checked(end)?;
    let next = rest.bytes().next();
    let continues = next.is_some_and(|byte| byte == b'=' || byte.is_ascii_alphanumeric());
    if context == Context::Attribute && !name.ends_with(';') && continues {
        return None;
    }
    out.extend(char::from_u32(first));
    out.extend(char::from_u32(second).filter(|&second| second != '\0'));
    Some(rest)
}

fn numeric<'a>(after: &'a str, out: &mut String) -> Option<&'a str> {
    let (digits, radix) = match after.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (after, 10),
    };
    let length = digits.bytes().take_while(|&byte| char::from(byte).is_digit(radix)).count();
    let (digits, rest) = digits.split_at_checked(length).filter(|(digits, _)| !digits.is_empty())?;
    let number = digits.bytes().fold(0u32, |number, byte| {
        let digit = char::from(byte).to_digit(radix).unwrap_or_default();
        number.saturating_mul(radix).saturating_add(digit)
    });
    out.push(character(number));
    Some(rest.strip_prefix(';').unwrap_or(rest))
}

/// Returns the character of a numeric reference ("numeric character reference end state").
fn character(number: u32) -> char {
    if number == 0 {
        return char::REPLACEMENT_CHARACTER;
    }
    let replacement = number.checked_sub(0x80).and_then(|index| C1_REPLACEMENTS.get(index as usize)).copied().flatten();
    replacement.or(char::from_u32(number)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved() {
        for (raw, data, attribute) in [
            ("a&amp;b", "a&b", "a&b"),
            ("&ampx &amp=", "&x &=", "&ampx &amp="),
            ("&copy", "©", "©"),
            ("&notit; &notin;", "¬it; ∉", "&notit; ∉"),
            ("&NotEqualTilde;", "≂̸", "≂̸"),
            ("&nosuch; & &;", "&nosuch; & &;", "&nosuch; & &;"),
            ("&#65;&#x42;&#X43 &#6", "ABC \u{6}", "ABC \u{6}"),
            ("&#0;&#xD800;&#x110000;&#99999999999;", "����", "����"),
            ("&#128;&#x9f;&#129;", "€Ÿ\u{81}", "€Ÿ\u{81}"),
            ("&# &#x; &#xg", "&# &#x; &#xg", "&# &#x; &#xg"),
            ("a\r\nb\rc\0", "a\nb\nc", "a\nb\nc\u{fffd}"),
            ("ž&ž&", "ž&ž&", "ž&ž&"),
        ] {
            for (context, expected) in [(Context::Data, data), (Context::Attribute, attribute)] {
                let mut out = String::new();
                decode(raw, context, &mut out);
                assert_eq!(out, expected, "{raw} {context:?}");
            }
        }
    }
}
