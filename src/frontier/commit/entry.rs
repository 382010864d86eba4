//! A queue entry: what the frontier needs without decoding the request, then the request.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{codec::exact, url_status::Failure};
use crate::{base::time::Wall, http::request::Request};

/// The part of an entry before the request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EntryHead {
    /// Low 64 bits of the fingerprint.
    pub(crate) url: u64,
    /// Number of attempts made.
    pub(crate) attempts: u16,
    /// The URL must not be leased before this time; 0 = no limit.
    pub(crate) not_before: Wall,
    /// How the last attempt failed.
    pub(crate) failure: Option<Box<Failure>>,
}

/// A queue entry with its request still encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) head: EntryHead,
    /// Its bytes are a copy without spare capacity, not a slice of a larger block: there may be a million heads.
    request: Arc<[u8]>,
}

impl Entry {
    /// The entry of a request without attempts.
    pub(crate) fn new(url: u64, request: &Request) -> Self {
        // Encoding plain data into memory cannot fail; an empty request would be reported when it is decoded.
        let request = postcard::to_stdvec(request).unwrap_or_default();
        Self { head: EntryHead { url, ..EntryHead::default() }, request: request.into() }
    }

    /// Encodes the entry for the store.
    pub(crate) fn to_bytes(&self) -> Bytes {
        let mut bytes = postcard::to_stdvec(&self.head).unwrap_or_default();
        bytes.extend_from_slice(&self.request);
        exact(bytes)
    }

    /// Decodes an entry; `None` if the bytes are not valid. The request is copied, because a slice would keep the store's
    /// whole block in memory.
    pub(crate) fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let (head, request) = postcard::take_from_bytes::<EntryHead>(bytes).ok()?;
        Some(Self { head, request: request.into() })
    }

    /// Decodes the request; `None` if its bytes are not valid.
    pub(crate) fn request(&self) -> Option<Request> {
        postcard::from_bytes(&self.request).ok()
    }

    /// Returns its approximate size in a batch, in bytes: with the overhead of a hash table and a tree, and with its copy in
    /// the commit.
    pub(crate) fn size(&self) -> usize {
        2 * self.request.len() + 400
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_encoding() {
        let request = Request::get("http://a.example/".parse().unwrap()).label("x");
        let mut entry = Entry::new(7, &request);
        entry.head.attempts = 2;
        entry.head.not_before = Wall(123);
        let read = Entry::from_bytes(&entry.to_bytes()).unwrap();
        assert_eq!((&read, read.request().unwrap()), (&entry, request));
        assert!(Entry::from_bytes(&Bytes::from_static(b"\xff")).is_none());
    }
}
