//! A queue entry: what the frontier must know without reading the request, then the request.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{codec::exact, url_status::Failure};
use crate::{base::time::Wall, http::request::Request};

/// What precedes the request in an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EntryHead {
    /// Low 64 bits of the fingerprint.
    pub(crate) url: u64,
    /// Attempts made.
    pub(crate) attempts: u16,
    /// Not to be asked before; 0 = at any time.
    pub(crate) not_before: Wall,
    /// How the last of them failed.
    pub(crate) failure: Option<Box<Failure>>,
}

/// An entry, its request still encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) head: EntryHead,
    /// Memory of its own and no byte more: a million of these are heads.
    request: Arc<[u8]>,
}

impl Entry {
    /// The entry of a request that was never tried.
    pub(crate) fn new(url: u64, request: &Request) -> Self {
        // Serialising plain data into memory fails for no input; an empty request would be reported when it is read.
        let request = postcard::to_stdvec(request).unwrap_or_default();
        Self { head: EntryHead { url, ..EntryHead::default() }, request: request.into() }
    }

    /// The entry as the store keeps it.
    pub(crate) fn to_bytes(&self) -> Bytes {
        let mut bytes = postcard::to_stdvec(&self.head).unwrap_or_default();
        bytes.extend_from_slice(&self.request);
        exact(bytes)
    }

    /// Reads what [`Entry::to_bytes`] wrote; nothing if it is something else. Copied: as it is it would keep the whole block
    /// of the store's that it was read from.
    pub(crate) fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let (head, request) = postcard::take_from_bytes::<EntryHead>(bytes).ok()?;
        Some(Self { head, request: request.into() })
    }

    /// The request; nothing if the bytes are none.
    pub(crate) fn request(&self) -> Option<Request> {
        postcard::from_bytes(&self.request).ok()
    }

    /// Bytes it takes in a batch, about: with its places in a hash table and in a tree, and once more as it is committed.
    pub(crate) fn size(&self) -> usize {
        2 * self.request.len() + 400
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_reads_as_written() {
        let request = Request::get("http://a.example/".parse().unwrap()).label("x");
        let mut entry = Entry::new(7, &request);
        entry.head.attempts = 2;
        entry.head.not_before = Wall(123);
        let read = Entry::from_bytes(&entry.to_bytes()).unwrap();
        assert_eq!((&read, read.request().unwrap()), (&entry, request));
        assert!(Entry::from_bytes(&Bytes::from_static(b"\xff")).is_none());
    }
}
