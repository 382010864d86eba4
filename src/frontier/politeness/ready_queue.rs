//! The order in which hosts are asked: hosts that are ready, first come first served, and hosts that wait for a time.
//!
//! A host that is due now goes directly to a ready list, never through the heap. A host that gave a URL queues again
//! after all that are ready, so none blocks another. Each class of hosts has a ready list of its own, which can be skipped.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

use super::HostClass;
use crate::base::time::Mono;

/// Ready and waiting hosts, by slot. It may hold old entries of hosts that have moved on: the caller skips them.
#[derive(Debug, Default)]
pub(super) struct ReadyQueue {
    /// Responsive hosts that are ready, with their arrival numbers. Bounded by the hosts in memory: each is in one ready
    /// list once.
    responsive: VecDeque<(u64, usize)>,
    /// Untested hosts that are ready, likewise.
    untested: VecDeque<(u64, usize)>,
    /// Unresponsive hosts that are ready, likewise.
    unresponsive: VecDeque<(u64, usize)>,
    /// Number of the last arrival in any list.
    arrivals: u64,
    /// Time, stamp and slot of waiting hosts. Old entries are dropped when they surface; a host makes a new one only when
    /// its time changes.
    waiting: BinaryHeap<Reverse<(Mono, u64, usize)>>,
    /// The last stamp used.
    stamps: u64,
}

impl ReadyQueue {
    /// Queues a host that may be asked now.
    pub(super) fn push_ready(&mut self, slot: usize, class: HostClass) {
        self.arrivals += 1;
        let arrival = (self.arrivals, slot);
        self.list(class).push_back(arrival);
    }

    /// Queues a host until `at`. Returns the stamp that identifies its entry.
    pub(super) fn push_waiting(&mut self, slot: usize, at: Mono) -> u64 {
        self.stamps += 1;
        self.waiting.push(Reverse((at, self.stamps, slot)));
        self.stamps
    }

    /// Removes the first ready host of the classes for which `has_room` returns true.
    pub(super) fn pop_ready(&mut self, has_room: impl Fn(HostClass) -> bool) -> Option<usize> {
        let lists = [
            (HostClass::Responsive, self.responsive.front()),
            (HostClass::Untested, self.untested.front()),
            (HostClass::Unresponsive, self.unresponsive.front()),
        ];
        let fronts = lists.into_iter().filter_map(|(class, front)| Some((front?.0, class)));
        let (_, class) = fronts.filter(|(_, class)| has_room(*class)).min_by_key(|(arrival, _)| *arrival)?;
        self.list(class).pop_front().map(|(_, slot)| slot)
    }

    /// Returns the number of ready hosts of a class, old entries included.
    pub(super) fn ready(&self, class: HostClass) -> usize {
        match class {
            HostClass::Responsive => self.responsive.len(),
            HostClass::Untested => self.untested.len(),
            HostClass::Unresponsive => self.unresponsive.len(),
        }
    }

    fn list(&mut self, class: HostClass) -> &mut VecDeque<(u64, usize)> {
        match class {
            HostClass::Responsive => &mut self.responsive,
            HostClass::Untested => &mut self.untested,
            HostClass::Unresponsive => &mut self.unresponsive,
        }
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
