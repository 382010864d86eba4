//! What came back: head and bytes as they were on the wire. The Parser makes a [`Page`](crate::Page) of it.

use std::net::SocketAddr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::time::Mono;

/// The header fields of a response, in order, names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Box<str>, Bytes)>);

impl Headers {
    /// Adds a field; `name` must be in lower case.
    pub(crate) fn push(&mut self, name: impl Into<Box<str>>, value: Bytes) {
        self.0.push((name.into(), value));
    }

    /// The first value of `name` (lower case), when it is valid UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let values = self.0.iter().filter(|(field, _)| **field == *name);
        values.into_iter().find_map(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// Every value of `name` (lower case), in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |(field, _)| **field == *name).map(|(_, value)| &**value)
    }

    /// Every field, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl FromIterator<(Box<str>, Bytes)> for Headers {
    fn from_iter<I: IntoIterator<Item = (Box<str>, Bytes)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// An answer, its body still in its content codings.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Headers,
    /// The body as received, chunked coding undone, content codings not.
    pub body: Bytes,
    /// Whether `body` is only the beginning (`fetcher.over_limit = "truncate"`).
    pub truncated: bool,
    /// The address that answered; none behind a proxy.
    pub address: Option<SocketAddr>,
    /// When the request went out.
    pub started: Mono,
    /// When the last byte had come.
    pub ended: Mono,
}

/// `fetcher.over_limit`: what becomes of a body over `fetcher.max_body`, before or after decoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OverLimit {
    /// The page is rejected as `too_large`.
    #[default]
    Reject,
    /// Its beginning is a page with `truncated()` true.
    Truncate,
}

/// The essence of a media type, in lower case: `text/html` of `Text/HTML; charset=utf-8`.
#[must_use]
pub(crate) fn media_essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
