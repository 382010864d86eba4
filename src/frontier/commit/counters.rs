//! Where all URLs are, and counters by name: at this moment, and as of the last commit sent.

use std::borrow::Cow;

use bytes::Bytes;

use super::{batch::Batch, meta::Meta};
use crate::{
    base::{stats::Stats, time::Wall},
    frontier::{balance::Balance, politeness::parking::ParkReason},
};

/// The counters of the crawl.
#[derive(Debug)]
pub(crate) struct Counters {
    /// All URLs now; `asked` is not counted here.
    urls: Balance,
    stats: Stats,
    /// Number of URLs set aside now; `urls` counts them as parked.
    set_aside: u64,
    /// The counters that only grow, and the URLs set aside, as of the last commit sent.
    committed: Meta,
}

impl Counters {
    /// The counters of the last commit, with all URLs that had not ended queued.
    pub(super) fn new(committed: Meta) -> Self {
        let Meta { set_aside, balance, .. } = committed;
        Self {
            urls: committed.urls(),
            stats: committed.stats.clone(),
            set_aside,
            committed: Meta { balance, ..committed },
        }
    }

    /// Returns where all URLs are; `asked` is 0.
    pub(crate) fn urls(&self) -> &Balance {
        &self.urls
    }

    /// Returns the number of URLs set aside.
    pub(crate) fn set_aside(&self) -> u64 {
        self.set_aside
    }

    pub(crate) fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Counts a URL that comes into a host's queue.
    pub(crate) fn enqueue(&mut self, parked: Option<ParkReason>) {
        match parked {
            Some(_) => self.urls.parked += 1,
            None => self.urls.queued += 1,
        }
    }

    /// Counts a URL that leaves a queue and ends without a lease.
    pub(crate) fn dequeue(&mut self) {
        self.urls.queued -= 1;
    }

    /// Counts a URL that leaves a queue and is set aside.
    pub(super) fn put_aside(&mut self, batch: &mut Batch) {
        self.dequeue();
        self.urls.parked += 1;
        self.set_aside += 1;
        batch.aside_change += 1;
    }

    /// Counts a URL that is no longer set aside. Then it comes into a queue.
    pub(super) fn take_from_aside(&mut self, batch: &mut Batch) {
        self.urls.parked -= 1;
        self.set_aside -= 1;
        batch.aside_change -= 1;
    }

    /// Counts a URL that is leased from a queue.
    pub(crate) fn lease(&mut self) {
        self.urls.queued -= 1;
        self.urls.leased += 1;
    }

    /// Counts a URL whose lease is settled.
    pub(crate) fn settle(&mut self) {
        self.urls.leased -= 1;
    }

    /// Counts queued URLs as parked.
    pub(crate) fn park(&mut self, urls: u64) {
        self.urls.queued -= urls;
        self.urls.parked += urls;
    }

    /// Counts parked URLs as queued.
    pub(crate) fn unpark(&mut self, urls: u64) {
        self.urls.parked -= urls;
        self.urls.queued += urls;
    }

    /// Adds a change that belongs to a batch.
    pub(super) fn merge(&mut self, batch: &mut Batch, change: &Balance) {
        self.urls.merge(change);
        batch.balance.merge(change);
    }

    /// Adds to a counter by name, for a batch.
    pub(super) fn add(&mut self, batch: &mut Batch, key: Cow<'static, str>, count: u64) {
        batch.stats.add(key.clone(), count);
        self.stats.add(key, count);
    }

    /// Adds the counters of a batch to those committed. Returns them encoded.
    pub(super) fn commit(&mut self, batch: &Batch, wall: Wall) -> Bytes {
        self.committed.balance.merge(&batch.balance);
        self.committed.stats.merge(&batch.stats);
        self.committed.set_aside = self.committed.set_aside.saturating_add_signed(batch.aside_change);
        self.committed.wall = wall;
        self.committed.to_bytes()
    }
}
