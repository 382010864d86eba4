//! Whose turn it is: hosts that may give a URL now, in the order they became ready, and hosts that wait for their time.
//!
//! A host due now goes to the ready list straight, never through the heap. Fair between hosts: one that gave goes behind
//! all that are ready. Doubtful hosts stand in a ready list of their own, which can be passed over.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

use serde::{Deserialize, Serialize};

use crate::base::time::Mono;

/// What is to be expected of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Responsiveness {
    /// Its last attempt got an answer.
    Responsive,
    /// It has never been asked, or its last attempt got no answer.
    Unknown,
}

/// The lists of hosts by index. Entries of hosts that have moved on are passed over: the caller knows by the stamp.
#[derive(Debug, Default)]
pub(crate) struct ReadyQueue {
    /// With the number of arrival in either list. Bounded by the hosts in memory: each stands in one of them once.
    ready: VecDeque<(u64, usize)>,
    /// Likewise, hosts that may not answer.
    doubtful: VecDeque<(u64, usize)>,
    arrivals: u64,
    /// Old entries are dropped when they surface; a host makes a new one only when its time changes.
    waiting: BinaryHeap<Reverse<(Mono, u64, usize)>>,
    stamps: u64,
}

impl ReadyQueue {
    /// Queues a host that may give a URL now.
    pub(crate) fn ready(&mut self, host: usize, trust: Responsiveness) {
        self.arrivals += 1;
        match trust {
            Responsiveness::Responsive => self.ready.push_back((self.arrivals, host)),
            Responsiveness::Unknown => self.doubtful.push_back((self.arrivals, host)),
        }
    }

    /// Files a host until `at`; its entry is the one with the stamp returned.
    pub(crate) fn wait(&mut self, host: usize, at: Mono) -> u64 {
        self.stamps += 1;
        self.waiting.push(Reverse((at, self.stamps, host)));
        self.stamps
    }

    /// The next ready host of those that answer.
    pub(crate) fn pop_answering(&mut self) -> Option<usize> {
        self.ready.pop_front().map(|(_, host)| host)
    }

    /// The next ready host of all.
    pub(crate) fn pop_ready(&mut self) -> Option<usize> {
        match (self.ready.front(), self.doubtful.front()) {
            (Some((first, _)), Some((second, _))) if second < first => self.doubtful.pop_front(),
            (Some(_), _) => self.ready.pop_front(),
            (None, _) => self.doubtful.pop_front(),
        }
        .map(|(_, host)| host)
    }

    /// The next entry whose time has come: host and stamp.
    pub(crate) fn pop_due(&mut self, now: Mono) -> Option<(usize, u64)> {
        let Reverse((at, ..)) = self.waiting.peek()?;
        if *at > now {
            return None;
        }
        self.waiting.pop().map(|Reverse((_, stamp, host))| (host, stamp))
    }

    /// Entries that wait, old ones among them.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// When the next entry's time comes.
    pub(crate) fn next_due(&self) -> Option<Mono> {
        self.waiting.peek().map(|Reverse((at, ..))| *at)
    }
}
