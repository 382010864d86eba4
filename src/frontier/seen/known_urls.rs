//! What is known about URLs without the store: the recent ones, and the lookups that the store has yet to answer.

use std::collections::BTreeMap;

use super::{Look, Seen};
use crate::{
    frontier::crawl_start::CrawlStart,
    http::request::Request,
    keys::UrlKey,
    store::{KeysAfter, QueryResult},
};

/// A lookup that the store has yet to answer.
#[derive(Debug)]
pub(crate) struct PendingLookup {
    pub(crate) cause: LookupCause,
    pub(crate) request: Request,
    /// Number of the batch whose settlement caused it.
    pub(crate) batch: u64,
}

/// Why a URL is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LookupCause {
    /// A link to it was offered.
    Link,
    /// It is set aside, and in scope again.
    Restore,
    /// Its page has ended, and a shorter way to it may have been found before it was leased.
    Settled,
}

/// Everything known about URLs without asking the store.
#[derive(Debug)]
pub(crate) struct KnownUrls {
    seen: Seen,
    /// In key order; bounded by the outlinks of the leases of two batches, and one reading of the URLs set aside.
    pending: BTreeMap<UrlKey, PendingLookup>,
    /// Number of pending links.
    links: usize,
}

impl KnownUrls {
    /// Creates it at the start of a crawl. Memory limits are in bytes.
    pub(crate) fn new(hot_set: usize, bloom: usize, start: CrawlStart) -> Self {
        Self { seen: Seen::new(hot_set, bloom, start), pending: BTreeMap::new(), links: 0 }
    }

    /// Returns what is known about a URL. A pending one is known: it was offered before.
    pub(crate) fn look(&self, url: &UrlKey) -> Look {
        match self.seen.look(url.url) {
            Look::Known => Look::Known,
            // It may be pending even if it is new, because its host was not in memory.
            Look::New | Look::Unsure if self.pending.contains_key(url) => Look::Known,
            look @ (Look::New | Look::Unsure) => look,
        }
    }

    /// Returns true if the URL is certainly in the seen-set.
    pub(crate) fn is_recent(&self, url: &UrlKey) -> bool {
        self.seen.look(url.url) == Look::Known
    }

    /// Notes a URL that is in the seen-set.
    pub(crate) fn insert(&mut self, url: &UrlKey) {
        self.seen.insert(url.url);
    }

    /// Notes a lookup that the store has yet to answer. There must be none for the URL.
    pub(crate) fn insert_pending(&mut self, url: UrlKey, lookup: PendingLookup) {
        self.links += usize::from(lookup.cause == LookupCause::Link);
        self.pending.insert(url, lookup);
    }

    /// Removes a lookup that the store has answered.
    pub(crate) fn take_pending(&mut self, url: &UrlKey) -> Option<PendingLookup> {
        let lookup = self.pending.remove(url)?;
        self.links -= usize::from(lookup.cause == LookupCause::Link);
        Some(lookup)
    }

    /// Returns the pending lookup of a URL.
    pub(crate) fn pending_mut(&mut self, url: &UrlKey) -> Option<&mut PendingLookup> {
        self.pending.get_mut(url)
    }

    /// Returns the URLs that the store has yet to look up, in order.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &UrlKey> {
        self.pending.keys()
    }

    /// Returns the number of lookups that the store has yet to answer.
    pub(crate) fn pending_count(&self) -> usize {
        self.pending.len()
    }

    /// Returns the number of links among them.
    pub(crate) fn pending_links(&self) -> usize {
        self.links
    }

    /// Returns the part of the seen-set to read next; `None` once all of it is read.
    pub(crate) fn query(&self) -> Option<KeysAfter> {
        self.seen.question()
    }

    /// Adds the part of the seen-set that was read.
    pub(crate) fn apply_keys(&mut self, from: KeysAfter, result: &QueryResult) {
        self.seen.read(from, result);
    }
}
