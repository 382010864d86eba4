//! The inactive hosts, and how far the store has been read to find those that are due.

use std::{collections::BTreeMap, time::Duration};

use hashbrown::HashSet;

use crate::{
    base::time::{Mono, Wall},
    frontier::{crawl_start::CrawlStart, invariant::Invariant, politeness::parking::ParkReason},
    keys::{HostKey, Partition},
    store::{DueAfter, Grant},
};

/// Time between two polls of the due index while no host is due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Maximum number of hosts read from the due index of a partition at a time.
const MAX_DUE: usize = 256;

/// An entry of the due index: when a host is due.
pub(super) type Due = (Wall, HostKey);

/// What is known about hosts that are only in the store.
#[derive(Debug)]
pub(crate) struct InactiveHosts {
    /// URLs queued at inactive hosts that are not parked.
    queued: u64,
    /// URLs queued at inactive hosts that are parked.
    parked: u64,
    /// Whether a host that is not in memory may have a row in the store.
    may_have_rows: bool,
    /// How far the due index of each partition has been read; never past the present.
    read: BTreeMap<Partition, Option<Due>>,
    /// How far the entries that were in the future at the start have been read, while some are left: what an earlier
    /// process parked is tried again.
    future: BTreeMap<Partition, Due>,
    /// Hosts found in the due index whose rows are to be read. Bounded by the number of free places for active hosts.
    wanted: HashSet<HostKey>,
    /// When the due index is polled next.
    next_poll: Mono,
    /// Slots of the hosts that are being evicted, each once.
    pub(super) evicting: Vec<usize>,
}

impl InactiveHosts {
    /// The inactive hosts of the partitions granted, with `queued` URLs.
    pub(crate) fn new(queued: u64, start: CrawlStart, grants: &[Grant]) -> Self {
        let granted = grants.iter().filter_map(|grant| match grant {
            Grant::Begin { partition, .. } => Some(*partition),
            Grant::End { .. } => None,
        });
        let read: BTreeMap<_, _> = granted.map(|partition| (partition, None)).collect();
        let (may_have_rows, future) = match start {
            CrawlStart::New => (false, BTreeMap::new()),
            CrawlStart::Resumed => (true, read.keys().map(|&partition| (partition, (Wall(0), HostKey(0)))).collect()),
        };
        Self {
            queued,
            parked: 0,
            may_have_rows,
            read,
            future,
            wanted: HashSet::new(),
            next_poll: Mono(0),
            evicting: Vec::new(),
        }
    }

    /// Returns the number of URLs queued at inactive hosts that are not parked.
    pub(crate) fn queued(&self) -> u64 {
        self.queued
    }

    /// Returns the number of URLs queued at inactive hosts that are parked.
    pub(crate) fn parked(&self) -> u64 {
        self.parked
    }

    /// Returns true if a host that is not in memory may have a row in the store.
    pub(crate) fn may_have_rows(&self) -> bool {
        self.may_have_rows
    }

    /// Adds the URLs of a host that left memory.
    pub(super) fn add(&mut self, urls: u64, parked: Option<ParkReason>) {
        match parked {
            Some(_) => self.parked += urls,
            None => self.queued += urls,
        }
        self.may_have_rows = true;
        // There is room for another host.
        self.poll_soon();
    }

    /// Removes the URLs of a host that is loaded.
    pub(super) fn remove(&mut self, urls: u64, parked: Option<ParkReason>) {
        match parked {
            Some(_) => self.parked = self.parked.saturating_sub(urls),
            None => self.queued = self.queued.saturating_sub(urls),
        }
    }

    /// Returns when the due index is polled next; `None` if there is no inactive host with URLs.
    pub(crate) fn next_poll(&self) -> Option<Mono> {
        (self.queued + self.parked > 0).then_some(self.next_poll)
    }

    /// Returns true, and sets the time of the next poll, if the due index is to be polled now.
    pub(super) fn start_poll(&mut self, now: Mono) -> bool {
        if !self.wanted.is_empty() || self.next_poll().is_none_or(|at| at > now) {
            return false;
        }
        self.next_poll = now + POLL_INTERVAL;
        true
    }

    /// Returns what to read from the due index when there is room for this number of hosts.
    pub(super) fn queries(&self, room: usize, now: Wall) -> Vec<DueAfter> {
        let limit = (room / self.read.len().max(1)).clamp(1, MAX_DUE);
        let limit = u16::try_from(limit).unwrap_or(u16::MAX);
        let due = |(&partition, &after)| DueAfter { partition, after, until: now, limit };
        let future = |(&partition, &after): (_, &Due)| {
            let after = Some(after.max((now, HostKey(0))));
            DueAfter { partition, after, until: Wall(u64::MAX), limit }
        };
        self.read.iter().map(due).chain(self.future.iter().map(future)).collect()
    }

    /// Notes what was read from the due index of a partition. If there is more, it is polled again soon.
    pub(super) fn note_read(&mut self, from: &DueAfter, found: &[Due]) {
        let has_more = found.len() >= usize::from(from.limit);
        let is_future = from.until == Wall(u64::MAX);
        match found.last() {
            Some(&last) if !is_future => drop(self.read.insert(from.partition, Some(last))),
            Some(&last) if has_more => drop(self.future.insert(from.partition, last)),
            Some(_) | None if is_future => drop(self.future.remove(&from.partition)),
            Some(_) | None => {}
        }
        if has_more {
            self.poll_soon();
        }
    }

    /// Returns a due time for a host that the read position has not passed: `due` or later.
    pub(super) fn due_after_read(&self, partition: Partition, due: Wall) -> Wall {
        let read = self.read.get(&partition).copied().flatten();
        read.map_or(due, |(read, _)| due.max(Wall(read.0 + 1)))
    }

    /// Returns true if an entry of the due index is still to be read.
    pub(super) fn is_unread(&self, due: Due) -> bool {
        let read = self.read.get(&due.1.partition()).copied().flatten();
        read.is_none_or(|read| due > read) || !Invariant::DueTime.is_kept()
    }

    /// Requests the rows of hosts.
    pub(super) fn want(&mut self, hosts: impl Iterator<Item = HostKey>) {
        self.wanted.extend(hosts);
    }

    /// Returns hosts whose rows are to be read.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = HostKey> {
        self.wanted.iter().copied()
    }

    /// Removes a host from those whose rows are to be read. Returns true if it was one.
    pub(crate) fn take_wanted(&mut self, host: &HostKey) -> bool {
        self.wanted.remove(host)
    }

    /// Polls the due index as soon as there is room.
    fn poll_soon(&mut self) {
        self.next_poll = Mono(0);
    }
}
