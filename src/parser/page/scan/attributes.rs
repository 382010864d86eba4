//! Attributes of a tag.

use std::ops::Range;

use memchr::memchr;

use super::bytes::is_space;

/// End of a start tag: `>` or `/>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    Open,
    SelfClosing,
}

/// Positions of the values of the attributes that the scanner needs. Of two with the same name the first counts.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) href: Option<Range<usize>>,
    pub(crate) xlink_href: Option<Range<usize>>,
    pub(crate) src: Option<Range<usize>>,
    pub(crate) srcdoc: Option<Range<usize>>,
    pub(crate) rel: Option<Range<usize>>,
    pub(crate) name: Option<Range<usize>>,
    pub(crate) content: Option<Range<usize>>,
    pub(crate) http_equiv: Option<Range<usize>>,
}

impl Wanted {
    /// Stores the position of a value if the attribute is needed.
    pub(crate) fn record(&mut self, name: &[u8], value: Range<usize>) {
        let slot = match name.len() {
            3 if name.eq_ignore_ascii_case(b"rel") => &mut self.rel,
            3 if name.eq_ignore_ascii_case(b"src") => &mut self.src,
            4 if name.eq_ignore_ascii_case(b"href") => &mut self.href,
            4 if name.eq_ignore_ascii_case(b"name") => &mut self.name,
            6 if name.eq_ignore_ascii_case(b"srcdoc") => &mut self.srcdoc,
            7 if name.eq_ignore_ascii_case(b"content") => &mut self.content,
            10 if name.eq_ignore_ascii_case(b"http-equiv") => &mut self.http_equiv,
            10 if name.eq_ignore_ascii_case(b"xlink:href") => &mut self.xlink_href,
            _ => return,
        };
        slot.get_or_insert(value);
    }
}

/// Calls `each` with name and value of every attribute, as the attribute states of the tokenizer do.
///
/// Returns where the tag ends and how. `None` if the text ends first.
#[inline]
pub(crate) fn walk(bytes: &[u8], mut at: usize, mut each: impl FnMut(&[u8], Range<usize>)) -> Option<(usize, Closing)> {
    loop {
        match bytes.get(at)? {
            b'>' => return Some((at + 1, Closing::Open)),
            b'/' if bytes.get(at + 1) == Some(&b'>') => return Some((at + 2, Closing::SelfClosing)),
            b'/' => at += 1,
            byte if is_space(*byte) => at += 1,
            _ => {
                let name_start = at;
                // A leading equals sign is part of the name.
                at = until(bytes, at + 1, |byte| is_space(byte) || matches!(byte, b'/' | b'>' | b'='))?;
                let name = bytes.get(name_start..at)?;
                let (value, end) = read_value(bytes, at)?;
                each(name, value);
                at = end;
            }
        }
    }
}

/// Returns the value after an attribute's name, and where the next attribute may start.
#[inline]
fn read_value(bytes: &[u8], name_end: usize) -> Option<(Range<usize>, usize)> {
    let at = until(bytes, name_end, |byte| !is_space(byte))?;
    if bytes.get(at)? != &b'=' {
        return Some((name_end..name_end, at));
    }
    let at = until(bytes, at + 1, |byte| !is_space(byte))?;
    match bytes.get(at)? {
        quote @ (b'"' | b'\'') => {
            let end = at + 1 + memchr(*quote, bytes.get(at + 1..)?)?;
            Some((at + 1..end, end + 1))
        }
        _ => {
            let end = until(bytes, at, |byte| is_space(byte) || byte == b'>')?;
            Some((at..end, end))
        }
    }
}

#[inline]
fn until(bytes: &[u8], from: usize, ends: impl Fn(u8) -> bool) -> Option<usize> {
    Some(from + bytes.get(from..)?.iter().position(|&byte| ends(byte))?)
}
