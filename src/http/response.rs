//! A response as received. The Parser makes a [`Page`](crate::Page) from it.

use std::{borrow::Cow, net::SocketAddr};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::media_type::MediaType;
use crate::base::{text, time::Mono};

/// The header fields of a response, in order, names in lower case.
///
/// All fields share three allocations: one per field would cost more than parsing the head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// All names, concatenated.
    names: String,
    /// All values, concatenated.
    values: Vec<u8>,
    /// End of each field's name and value.
    ends: Vec<(usize, usize)>,
    /// Index and text of each field whose value is not UTF-8. Empty for nearly all responses.
    decoded: Vec<(usize, Box<str>)>,
}

impl Headers {
    /// An empty list with capacity for this number of fields, and bytes of names and values.
    pub(crate) fn with_capacity(fields: usize, bytes: usize) -> Self {
        Self {
            names: String::with_capacity(bytes / 2),
            values: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(fields),
            decoded: Vec::new(),
        }
    }

    /// Adds a field.
    pub(crate) fn push(&mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) {
        let start = self.names.len();
        self.names.push_str(name.as_ref());
        if let Some(name) = self.names.get_mut(start..) {
            name.make_ascii_lowercase();
        }
        if let Cow::Owned(text) = text::from_field(value.as_ref()) {
            self.decoded.push((self.ends.len(), text.into()));
        }
        self.values.extend_from_slice(value.as_ref());
        self.ends.push((self.names.len(), self.values.len()));
    }

    /// Returns the first value of `name` (lower case). A value that is not UTF-8 is read as latin-1.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts(name).next()
    }

    /// Returns every value of `name` (lower case), in order. A value that is not UTF-8 is read as latin-1.
    pub(crate) fn texts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.named(name).filter_map(|(index, value)| match std::str::from_utf8(value) {
            Ok(text) => Some(text),
            Err(_) => self.decoded.iter().find(|(at, _)| *at == index).map(|(_, text)| &**text),
        })
    }

    /// Returns every value of `name` (lower case), in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.named(name).map(|(_, value)| value)
    }

    /// Returns index and value of every field of this name.
    fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = (usize, &'a [u8])> {
        let names = self.names.as_bytes();
        let is_named = move |(from, to): (usize, usize)| names.get(from..to) == Some(name.as_bytes());
        let named = self.ranges().enumerate().filter(move |(_, (name, _))| is_named(*name));
        named.filter_map(|(index, (_, (from, to)))| Some((index, self.values.get(from..to)?)))
    }

    /// Returns the media type. `None` without a valid one.
    #[must_use]
    pub(crate) fn media_type(&self) -> Option<MediaType> {
        MediaType::extract(self.all("content-type"))
    }

    /// Returns true if there is one media type, and it is HTML: the common case, without reading its parameters.
    pub(crate) fn is_only_html(&self) -> bool {
        let mut fields = self.all("content-type");
        let Some(value) = fields.next().and_then(|value| value.strip_prefix(b"text/html")) else { return false };
        fields.next().is_none() && matches!(value, [] | [b';', ..]) && memchr::memchr(b',', value).is_none()
    }

    /// Returns every field, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.ranges().map(|(name, value)| {
            let (name, value) = (self.names.get(name.0..name.1), self.values.get(value.0..value.1));
            (name.unwrap_or_default(), value.unwrap_or_default())
        })
    }

    /// Start and end of name and value of each field.
    fn ranges(&self) -> impl Iterator<Item = ((usize, usize), (usize, usize))> {
        let mut starts = (0, 0);
        self.ends.iter().map(move |&ends| {
            let (name, value) = std::mem::replace(&mut starts, ends);
            ((name, ends.0), (value, ends.1))
        })
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::default();
        fields.into_iter().for_each(|(name, value)| headers.push(name, value));
        headers
    }
}

/// A response whose body is still in its content codings.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Headers,
    /// The body without its transfer coding, in its content codings.
    pub body: Bytes,
    /// True if `body` is only the start (`fetcher.over_limit = "truncate"`).
    pub truncated: bool,
    /// Address of the server; `None` behind a proxy.
    pub address: Option<SocketAddr>,
    /// When the request was sent.
    pub started: Mono,
    /// When the last byte was received.
    pub ended: Mono,
}

/// `fetcher.over_limit`: what happens to a body larger than `fetcher.max_body`, before or after decoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OverLimit {
    /// The page is rejected as `too_large`.
    #[default]
    Reject,
    /// The start of the body is parsed as a page with `truncated()` true.
    Truncate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_utf_8_are_latin_1() {
        let fields: [(&str, &[u8]); 5] =
            [("A", b"\xe9t\xe9"), ("b", b"x"), ("a", "\u{17e}".as_bytes()), ("b", b"\xff\x80"), ("c", b"")];
        let headers: Headers = fields.into_iter().collect();
        assert_eq!(headers.texts("a").collect::<Vec<_>>(), ["\u{e9}t\u{e9}", "\u{17e}"]);
        assert_eq!(headers.texts("b").collect::<Vec<_>>(), ["x", "\u{ff}\u{80}"]);
        assert_eq!((headers.text("a"), headers.text("c"), headers.text("d")), (Some("\u{e9}t\u{e9}"), Some(""), None));
        assert_eq!(headers.all("a").next(), Some(&b"\xe9t\xe9"[..]));
    }
}
