//! The leases that are out.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use super::{commit::entry::Entry, politeness::slots::Started};
use crate::{keys::UrlKey, store::QueuePosition};

/// Maximum number of URLs repeated without an attempt counted. Above it, a stale lease counts as an attempt.
const MAX_REPEATED: usize = 4096;

/// A lease that is out.
#[derive(Debug)]
pub(crate) struct Leased {
    /// Slot of its host.
    pub(super) slot: usize,
    /// Queue position of its URL.
    pub(super) position: QueuePosition,
    pub(super) entry: Entry,
    pub(super) started: Started,
    /// Number of links from a seed.
    pub(super) depth: u16,
    /// Whether the URL is the target of a seed's redirect, which is in scope once it is fetched.
    pub(super) widens_scope: bool,
    /// Whether the store may know a shorter way to the URL.
    pub(super) may_have_shorter_way: bool,
}

/// The leases that are out.
#[derive(Debug, Default)]
pub(super) struct Leases {
    by_serial: HashMap<u64, Leased>,
    /// URLs of the page leases, each with the depth of the shortest way found since. The store still has their queue entries.
    pages: HashMap<UrlKey, u16>,
    /// Serial numbers of stalled leases that may be revoked.
    revocable: BTreeSet<u64>,
    /// Serial numbers of leases that are being revoked.
    revoked: HashSet<u64>,
    /// URLs whose last lease ended as stale: at most [`MAX_REPEATED`].
    repeated: HashSet<UrlKey>,
    /// Serial number of the last lease issued.
    serial: u64,
    /// Whether the pipeline stops: a lost lease is given back without an attempt counted.
    is_stopping: bool,
}

impl Leases {
    /// Adds a lease. Returns its serial number.
    pub(super) fn insert(&mut self, leased: Leased) -> u64 {
        self.serial += 1;
        self.by_serial.insert(self.serial, leased);
        self.serial
    }

    /// Adds the URL of a page lease.
    pub(super) fn insert_page(&mut self, url: UrlKey) {
        self.pages.insert(url, u16::MAX);
    }

    /// Notes a way to a URL that is leased. Returns false if the URL is not leased.
    pub(super) fn note_way(&mut self, url: &UrlKey, depth: u16) -> bool {
        let known = self.pages.get_mut(url);
        known.map(|known| *known = depth.min(*known)).is_some()
    }

    /// Returns a lease.
    pub(super) fn get_mut(&mut self, serial: u64) -> Option<&mut Leased> {
        self.by_serial.get_mut(&serial)
    }

    /// Notes that a lease may be revoked.
    pub(super) fn insert_revocable(&mut self, serial: u64) {
        self.revocable.insert(serial);
    }

    /// Returns true if a lease may be revoked.
    pub(super) fn has_revocable(&self) -> bool {
        !self.revocable.is_empty()
    }

    /// Revokes the oldest leases of those that may be revoked, so that `wanted` are being revoked. Returns the new ones.
    pub(super) fn revoke(&mut self, wanted: usize) -> Vec<u64> {
        let missing = wanted.saturating_sub(self.revoked.len());
        let serials: Vec<_> = std::iter::from_fn(|| self.revocable.pop_first()).take(missing).collect();
        self.revoked.extend(&serials);
        serials
    }

    /// Removes a lease.
    pub(super) fn take(&mut self, serial: u64) -> Option<Leased> {
        self.revocable.remove(&serial);
        if !self.revoked.is_empty() {
            self.revoked.remove(&serial);
        }
        self.by_serial.remove(&serial)
    }

    /// Returns true if a URL whose lease ended as stale is requested again without an attempt counted: not twice in a row,
    /// so a server that always closes its connections causes no endless repetition.
    pub(super) fn may_repeat(&mut self, url: UrlKey) -> bool {
        !self.repeated.remove(&url) && self.repeated.len() < MAX_REPEATED && self.repeated.insert(url)
    }

    /// Forgets that a URL was repeated.
    pub(super) fn forget_repeat(&mut self, url: &UrlKey) {
        // There is mostly none.
        if !self.repeated.is_empty() {
            self.repeated.remove(url);
        }
    }

    /// Removes the URL of a page lease. Returns the depth of the shortest way found meanwhile; `u16::MAX` if there is none.
    pub(super) fn remove_page(&mut self, url: &UrlKey) -> u16 {
        self.pages.remove(url).unwrap_or(u16::MAX)
    }

    /// Returns true if a page lease of the URL is out.
    pub(super) fn has_page(&self, url: &UrlKey) -> bool {
        self.pages.contains_key(url)
    }

    /// Returns the number of leases out, those for addresses and robots.txt included.
    pub(super) fn len(&self) -> usize {
        self.by_serial.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_serial.is_empty()
    }

    /// Returns the number of page leases out.
    pub(super) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Gives lost leases back from now on, without an attempt counted.
    pub(super) fn stop(&mut self) {
        self.is_stopping = true;
    }

    /// Returns true if lost leases are given back.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping
    }
}
