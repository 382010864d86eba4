//! What is known about URLs without the store: the recent ones, and the links that the store has yet to decide.

use std::collections::BTreeMap;

use super::{Look, Seen};
use crate::{
    frontier::crawl_start::CrawlStart,
    http::request::Request,
    keys::UrlKey,
    store::{KeysAfter, QueryResult},
};

/// A link that the store has yet to decide.
#[derive(Debug)]
pub(crate) struct PendingLink {
    pub(crate) request: Request,
    /// Number of the batch whose settlement brought it.
    pub(crate) batch: u64,
}

/// Everything known about URLs without asking the store.
#[derive(Debug)]
pub(crate) struct KnownUrls {
    seen: Seen,
    /// In key order; bounded by the outlinks of the leases of two batches.
    pending: BTreeMap<UrlKey, PendingLink>,
}

impl KnownUrls {
    /// Creates it at the start of a crawl. Memory limits are in bytes.
    pub(crate) fn new(hot_set: usize, bloom: usize, start: CrawlStart) -> Self {
        Self { seen: Seen::new(hot_set, bloom, start), pending: BTreeMap::new() }
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

    /// Notes a link that the store has yet to decide.
    pub(crate) fn insert_pending(&mut self, url: UrlKey, link: PendingLink) {
        self.pending.insert(url, link);
    }

    /// Removes a link that the store has decided.
    pub(crate) fn take_pending(&mut self, url: &UrlKey) -> Option<PendingLink> {
        self.pending.remove(url)
    }

    /// Returns the links that the store has yet to decide, in order.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &UrlKey> {
        self.pending.keys()
    }

    /// Returns the number of links that the store has yet to decide.
    pub(crate) fn pending_count(&self) -> usize {
        self.pending.len()
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
