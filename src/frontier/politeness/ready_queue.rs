//! The order in which hosts are asked: hosts that are ready, first come first served, and hosts that wait for a time.
//!
//! A host that is due now goes directly to a ready list, never through the heap. A host that gave a URL queues again
//! after all that are ready, so none blocks another. Unresponsive hosts have a ready list of their own, which can be
//! skipped.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

use super::Responsiveness;
use crate::base::time::Mono;

/// Ready and waiting hosts, by slot. It may hold old entries of hosts that have moved on: the caller skips them.
#[derive(Debug, Default)]
pub(super) struct ReadyQueue {
    /// Responsive hosts that are ready, with their arrival numbers. Bounded by the hosts in memory: each is in one ready
    /// list once.
    responsive: VecDeque<(u64, usize)>,
    /// Other hosts that are ready, likewise.
    unknown: VecDeque<(u64, usize)>,
    /// Number of the last arrival in either list.
    arrivals: u64,
    /// Time, stamp and slot of waiting hosts. Old entries are dropped when they surface; a host makes a new one only when
    /// its time changes.
    waiting: BinaryHeap<Reverse<(Mono, u64, usize)>>,
    /// The last stamp used.
    stamps: u64,
}

impl ReadyQueue {
    /// Queues a host that may be asked now.
    pub(super) fn push_ready(&mut self, slot: usize, responsiveness: Responsiveness) {
        self.arrivals += 1;
        match responsiveness {
            Responsiveness::Responsive => self.responsive.push_back((self.arrivals, slot)),
            Responsiveness::Unknown => self.unknown.push_back((self.arrivals, slot)),
        }
    }

    /// Queues a host until `at`. Returns the stamp that identifies its entry.
    pub(super) fn push_waiting(&mut self, slot: usize, at: Mono) -> u64 {
        self.stamps += 1;
        self.waiting.push(Reverse((at, self.stamps, slot)));
        self.stamps
    }

    /// Removes the first ready host of the responsive ones.
    pub(super) fn pop_responsive(&mut self) -> Option<usize> {
        self.responsive.pop_front().map(|(_, slot)| slot)
    }

    /// Removes the first ready host.
    pub(super) fn pop_ready(&mut self) -> Option<usize> {
        match (self.responsive.front(), self.unknown.front()) {
            (Some((first, _)), Some((second, _))) if second < first => self.unknown.pop_front(),
            (Some(_), _) => self.responsive.pop_front(),
            (None, _) => self.unknown.pop_front(),
        }
        .map(|(_, slot)| slot)
    }

    /// Removes the first waiting entry that is due. Returns its slot and stamp.
    pub(super) fn pop_due(&mut self, now: Mono) -> Option<(usize, u64)> {
        let Reverse((at, ..)) = self.waiting.peek()?;
        if *at > now {
            return None;
        }
        self.waiting.pop().map(|Reverse((_, stamp, slot))| (slot, stamp))
    }

    /// Returns the time of the first waiting entry.
    pub(super) fn next_due(&self) -> Option<Mono> {
        self.waiting.peek().map(|Reverse((at, ..))| *at)
    }

    /// Returns the number of waiting entries, old ones included.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}
