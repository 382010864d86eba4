//! A queue entry: what the frontier needs without decoding the request, then the request.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::url_status::Failure;
use crate::{
    base::{
        stored::{self, ValueFormat},
        time::Wall,
    },
    http::request::Request,
};

/// What a URL is visited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum VisitPurpose {
    /// Its handler runs: records and links count.
    #[default]
    Page,
    /// Only its links count. Its records were emitted at an earlier visit.
    Links,
    /// Like `Page`, although the URL has ended: it was rejected with another configuration.
    PageAgain,
}

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
    /// Generation of the configuration whose scope has the URL.
    pub(crate) generation: u32,
    pub(crate) purpose: VisitPurpose,
    /// Reserved for the number of retries that handlers asked for; 0.
    asked_retries: u16,
}

/// [`EntryHead`] of format 2.
#[derive(Deserialize)]
struct OldHead {
    url: u64,
    attempts: u16,
    not_before: Wall,
    failure: Option<Box<Failure>>,
}

/// A queue entry with its request still encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) head: EntryHead,
    /// Its bytes are a copy without spare capacity, not a slice of a larger block: there may be a million heads.
    request: Arc<[u8]>,
}

impl Entry {
    /// The entry of a request without attempts, admitted by this generation of the configuration.
    pub(crate) fn new(url: u64, request: &Request, generation: u32, purpose: VisitPurpose) -> Self {
        // Encoding plain data into memory cannot fail; an empty request would be reported when it is decoded.
        let request = postcard::to_stdvec(request).unwrap_or_default();
        let head = EntryHead { url, generation, purpose, ..EntryHead::default() };
        Self { head, request: request.into() }
    }

    /// Encodes the entry for the store.
    pub(crate) fn to_bytes(&self) -> Bytes {
        let mut bytes = stored::encode_vec(&self.head, self.request.len());
        bytes.extend_from_slice(&self.request);
        stored::exact(bytes)
    }

    /// Decodes an entry; `None` if the bytes are not valid. The request is copied, because a slice would keep the store's
    /// whole block in memory.
    pub(crate) fn from_bytes(bytes: &Bytes) -> Option<Self> {
        let (head, request) = match stored::split(bytes)? {
            (ValueFormat::Three, fields) => postcard::take_from_bytes::<EntryHead>(fields).ok()?,
            (ValueFormat::Two, fields) => {
                let (head, request) = postcard::take_from_bytes::<OldHead>(fields).ok()?;
                (head.upgraded(), request)
            }
        };
        Some(Self { head, request: request.into() })
    }

    /// Decodes the request; `None` if its bytes are not valid.
    pub(crate) fn request(&self) -> Option<Request> {
        stored::whole(&self.request)
    }

    /// Returns its approximate size in a batch, in bytes: with the overhead of a hash table and a tree, and with its copy in
    /// the commit.
    pub(crate) fn size(&self) -> usize {
        2 * self.request.len() + 400
    }
}

impl OldHead {
    fn upgraded(self) -> EntryHead {
        let Self { url, attempts, not_before, failure } = self;
        EntryHead { url, attempts, not_before, failure, ..EntryHead::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_encoding() {
        let request = Request::get("http://a.example/".parse().unwrap()).label("x");
        let mut entry = Entry::new(7, &request, 3, VisitPurpose::Links);
        entry.head.attempts = 2;
        entry.head.not_before = Wall(123);
        let read = Entry::from_bytes(&entry.to_bytes()).unwrap();
        assert_eq!((&read, read.request().unwrap()), (&entry, request));
        assert!(Entry::from_bytes(&Bytes::from_static(b"\xff")).is_none());
    }

    #[test]
    fn an_entry_of_format_2_is_read() {
        let request = Request::get("http://a.example/".parse().unwrap());
        for url in [0, 7, 0x83, 0x0183, u64::MAX] {
            let mut bytes = postcard::to_stdvec(&(url, 2_u16, Wall(5), None::<Failure>)).unwrap();
            bytes.extend(postcard::to_stdvec(&request).unwrap());
            let read = Entry::from_bytes(&bytes.into()).unwrap();
            let EntryHead { attempts, not_before, generation, purpose, .. } = read.head;
            assert_eq!((read.head.url, attempts, not_before), (url, 2, Wall(5)));
            assert_eq!((generation, purpose, read.request().as_ref()), (0, VisitPurpose::Page, Some(&request)));
        }
    }
}
