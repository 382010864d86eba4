//! Encodings declared in documents: by `<meta>`, or by the XML declaration.
//!
//! Follows "prescan a byte stream to determine its encoding" (HTML standard, section 13.2.3.2) step by step.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use memchr::{memchr, memmem};

/// Returns the encoding declared by a `<meta>` in `bytes`. A tag cut off by their end does not count.
pub(crate) fn meta(bytes: &[u8]) -> Option<&'static Encoding> {
    let mut rest = bytes;
    loop {
        rest = rest.get(memchr(b'<', rest)?..)?;
        if rest.starts_with(b"<!--") {
            // The dashes of `<!--` may also be those of `-->`.
            let end = memmem::find(rest.get(2..)?, b"-->")?;
            rest = rest.get(2 + end + 3..)?;
        } else if is_meta(rest) {
            let mut cursor = Cursor { bytes: rest.get(5..)? };
            if let Some(encoding) = read_meta(&mut cursor)? {
                return Some(encoding);
            }
            rest = cursor.bytes;
        } else if is_tag(rest) {
            let name = rest.iter().position(|&byte| is_space(byte) || byte == b'>')?;
            let mut cursor = Cursor { bytes: rest.get(name..)? };
            while cursor.attribute()?.is_some() {}
            rest = cursor.bytes;
        } else if matches!(rest, [b'<', b'!' | b'/' | b'?', ..]) {
            rest = rest.get(memchr(b'>', rest)?..)?;
        } else {
            rest = rest.get(1..)?;
        }
    }
}

/// Returns the encoding declared by the XML declaration at the start of `bytes`.
pub(crate) fn xml(bytes: &[u8]) -> Option<&'static Encoding> {
    if !bytes.starts_with(b"<?xml") {
        return None;
    }
    let declaration = bytes.get(..memchr(b'>', bytes)?)?;
    let rest = declaration.get(memmem::find(declaration, b"encoding")? + 8..)?.trim_ascii_start();
    let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
    let (&quote, rest) = rest.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    from_label(rest.get(..memchr(quote, rest)?)?)
}

fn is_meta(rest: &[u8]) -> bool {
    let is_name = rest.get(1..5).is_some_and(|name| name.eq_ignore_ascii_case(b"meta"));
    is_name && rest.get(5).is_some_and(|&byte| is_space(byte) || byte == b'/')
}

fn is_tag(rest: &[u8]) -> bool {
    match rest {
        [b'<', b'/', letter, ..] | [b'<', letter, ..] => letter.is_ascii_alphabetic(),
        _ => false,
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

/// Returns the encoding with this label. UTF-16 becomes UTF-8: in UTF-16 the declaration would not have been found.
fn from_label(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label)?;
    if encoding == UTF_16BE || encoding == UTF_16LE {
        return Some(UTF_8);
    }
    Some(if encoding == X_USER_DEFINED { WINDOWS_1252 } else { encoding })
}

/// Returns the encoding declared by the attributes of a `<meta>`. The outer `None` means that the bytes end first.
fn read_meta(cursor: &mut Cursor<'_>) -> Option<Option<&'static Encoding>> {
    let mut seen: [bool; 3] = [false; 3];
    let [mut got_pragma, mut need_pragma] = [false; 2];
    let mut charset = None;
    while let Some((name, value)) = cursor.attribute()? {
        let [http_equiv, content, charset_attribute] = &mut seen;
        match &*name {
            b"http-equiv" if !std::mem::replace(http_equiv, true) => got_pragma = value == b"content-type",
            b"content" if !std::mem::replace(content, true) && charset.is_none() => {
                charset = label_in_content(&value).and_then(from_label);
                need_pragma = charset.is_some();
            }
            b"charset" if !std::mem::replace(charset_attribute, true) => {
                charset = from_label(&value);
                need_pragma = false;
            }
            _ => {}
        }
    }
    Some(charset.filter(|_| got_pragma || !need_pragma))
}

/// Returns the label in the `content` of a `<meta>`, which is in lower case ("extracting a character encoding from a
/// meta element").
fn label_in_content(content: &[u8]) -> Option<&[u8]> {
    let mut rest = content;
    let value = loop {
        rest = rest.get(memmem::find(rest, b"charset")? + 7..)?;
        if let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") {
            break value.trim_ascii_start();
        }
    };
    match value {
        [quote @ (b'"' | b'\''), value @ ..] => value.get(..memchr(*quote, value)?),
        _ => value.split(|&byte| is_space(byte) || byte == b';').next(),
    }
}

/// Reads the attributes of a tag.
struct Cursor<'a> {
    bytes: &'a [u8],
}

/// Name and value in lower case.
type Attribute = (Vec<u8>, Vec<u8>);

impl Cursor<'_> {
    /// Reads an attribute ("get an attribute"). The outer `None` means that the bytes end first, the inner one that the
    /// tag ends.
    fn attribute(&mut self) -> Option<Option<Attribute>> {
        self.skip(|byte| is_space(byte) || byte == b'/')?;
        if self.peek()? == b'>' {
            return Some(None);
        }
        // A leading equals sign is part of the name.
        let first = self.take(|_| false, 1)?;
        let mut name = first;
        name.extend(self.take(|byte| byte == b'=' || byte == b'/' || byte == b'>' || is_space(byte), usize::MAX)?);
        self.skip(is_space)?;
        if self.peek()? != b'=' {
            return Some(Some((name, Vec::new())));
        }
        self.advance(1);
        self.skip(is_space)?;
        let value = match self.peek()? {
            quote @ (b'"' | b'\'') => {
                self.advance(1);
                let value = self.take(|byte| byte == quote, usize::MAX)?;
                self.advance(1);
                value
            }
            _ => self.take(|byte| byte == b'>' || is_space(byte), usize::MAX)?,
        };
        Some(Some((name, value)))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.first().copied()
    }

    fn advance(&mut self, count: usize) {
        self.bytes = self.bytes.get(count..).unwrap_or_default();
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) -> Option<()> {
        let count = self.bytes.iter().position(|&byte| !skipped(byte))?;
        self.advance(count);
        Some(())
    }

    /// Takes at most `limit` bytes, up to one for which `ends` is true. `None` if the bytes end before either.
    fn take(&mut self, ends: impl Fn(u8) -> bool, limit: usize) -> Option<Vec<u8>> {
        let count = match self.bytes.iter().take(limit).position(|&byte| ends(byte)) {
            Some(count) => count,
            None if self.bytes.len() > limit => limit,
            None => return None,
        };
        let taken = self.bytes.get(..count)?.to_ascii_lowercase();
        self.advance(count);
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_found() {
        for (page, encoding) in [
            ("<meta charset=koi8-r>", Some("KOI8-R")),
            ("<META\n/ Charset = 'KOI8-R' >", Some("KOI8-R")),
            ("<meta charset=nonsense><meta charset=koi8-r>", Some("KOI8-R")),
            ("<meta charset=utf-16>", Some("UTF-8")),
            ("<meta charset=x-user-defined>", Some("windows-1252")),
            ("<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>", Some("KOI8-R")),
            ("<meta content='text/html; charset = \"koi8-r\"' http-equiv=Content-Type>", Some("KOI8-R")),
            ("<meta content='text/html; charset=koi8-r'>", None),
            ("<meta http-equiv=Content-Type content='charset charset=koi8-r;x'>", Some("KOI8-R")),
            ("<!-- <meta charset=koi8-r> -->", None),
            ("<!--><meta charset=koi8-r>", Some("KOI8-R")),
            ("<p title='<meta charset=koi8-r>'>", None),
            ("</p title='<meta charset=koi8-r>'>", None),
            ("<?php <meta charset=koi8-r>", None),
            ("<meta charset=koi8-r", None),
            ("<meta charset='koi8-r", None),
            ("<metacharset=koi8-r>", None),
            ("< <meta =charset=koi8-r charset=koi8-r charset=utf-8>", Some("KOI8-R")),
            ("<", None),
            ("", None),
        ] {
            assert_eq!(meta(page.as_bytes()).map(Encoding::name), encoding, "{page}");
        }
    }
}
