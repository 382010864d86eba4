//! A response as received. The Parser makes a [`Page`](crate::Page) from it.

use std::net::SocketAddr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::request::is_token;
use crate::base::time::Mono;

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
}

impl Headers {
    /// An empty list with capacity for this number of fields, and bytes of names and values.
    pub(crate) fn with_capacity(fields: usize, bytes: usize) -> Self {
        Self {
            names: String::with_capacity(bytes / 2),
            values: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(fields),
        }
    }

    /// Adds a field.
    pub(crate) fn push(&mut self, name: impl AsRef<str>, value: impl AsRef<[u8]>) {
        let start = self.names.len();
        self.names.push_str(name.as_ref());
        if let Some(name) = self.names.get_mut(start..) {
            name.make_ascii_lowercase();
        }
        self.values.extend_from_slice(value.as_ref());
        self.ends.push((self.names.len(), self.values.len()));
    }

    /// Returns the first value of `name` (lower case) that is valid UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).find_map(|value| std::str::from_utf8(value).ok())
    }

    /// Returns every value of `name` (lower case), in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let names = self.names.as_bytes();
        let is_named = move |(from, to): (usize, usize)| names.get(from..to) == Some(name.as_bytes());
        self.ranges().filter(move |(name, _)| is_named(*name)).filter_map(|(_, (from, to))| self.values.get(from..to))
    }

    /// Returns the essence of the media type in lower case, as in `text/html`. Of several the last valid one counts (Fetch,
    /// extract a MIME type). Empty without any.
    #[must_use]
    pub(crate) fn media_type(&self) -> String {
        let texts = self.all("content-type").filter_map(|value| std::str::from_utf8(value).ok());
        texts.flat_map(|text| text.split(',')).filter_map(essence).last().unwrap_or_default()
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

/// Returns the essence of one media type in lower case: `text/html` for `Text/HTML; charset=utf-8`.
fn essence(media_type: &str) -> Option<String> {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (kind, subtype) = essence.split_once('/')?;
    (is_token(kind) && is_token(subtype) && essence != "*/*").then_some(essence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_valid_media_type_counts() {
        for (fields, wanted) in [
            (&["Text/HTML; charset=utf-8"][..], "text/html"),
            (&["text/html, text/html"], "text/html"),
            (&["text/plain", "text/html"], "text/html"),
            (&["text/html, */*"], "text/html"),
            (&["text/html; title=\"a, b/c\""], "text/html"),
            (&["text/html", "html"], "text/html"),
            (&["*/*"], ""),
            (&["html"], ""),
            (&["text/"], ""),
            (&[], ""),
        ] {
            let headers: Headers = fields.iter().map(|value| ("content-type", value)).collect();
            assert_eq!(headers.media_type(), wanted, "{fields:?}");
        }
    }
}
