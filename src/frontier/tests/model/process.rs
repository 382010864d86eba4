//! Everything that dies with the process.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::{
    base::time::Now,
    frontier::{
        Frontier,
        assignment::{Assignment, Settlement},
    },
    store::{Commit, Query, QueryResult, StoreReader},
};

/// Maximum number of leases out.
const LEASES: usize = 6;

/// An entry of an exporter's queue: a page to write, or the barrier of a batch.
pub(super) enum Queued {
    Page(usize),
    Barrier(u64),
}

pub(super) struct Process {
    pub(super) frontier: Frontier,
    reader: Box<dyn StoreReader>,
    pub(super) leases: Vec<Assignment>,
    /// Pages that wait for exporters, and the exporters that do not have them yet.
    pub(super) pages: Vec<(Assignment, BTreeSet<usize>)>,
    /// Settlements on their way to the frontier.
    pub(super) settlements: Vec<Settlement>,
    /// Per exporter.
    pub(super) queues: [Vec<Queued>; 2],
    /// Cuts on their way to the frontier: the number of settlements before each, and its batch.
    cuts: Vec<(usize, u64)>,
    /// Per batch, the positions of the exporters that have flushed.
    pub(super) flushed: BTreeMap<u64, BTreeMap<u16, Bytes>>,
    query: Option<Query>,
    result: Option<QueryResult>,
    pub(super) commit: Option<Commit>,
    pub(super) receipt: Option<u64>,
}

impl Process {
    pub(super) fn new(frontier: Frontier, reader: Box<dyn StoreReader>) -> Self {
        Self {
            frontier,
            reader,
            leases: Vec::new(),
            pages: Vec::new(),
            settlements: Vec::new(),
            queues: [Vec::new(), Vec::new()],
            cuts: Vec::new(),
            flushed: BTreeMap::new(),
            query: None,
            result: None,
            commit: None,
            receipt: None,
        }
    }

    pub(super) fn issue_lease(&mut self, now: Now) {
        if self.frontier.leases_out() < LEASES && !self.frontier.is_paused() {
            self.leases.extend(self.frontier.next_lease(now));
        }
    }

    pub(super) fn settle(&mut self, now: Now) {
        if self.settlements.is_empty() || self.cuts.first().is_some_and(|(before, _)| *before == 0) {
            return;
        }
        self.cuts.iter_mut().for_each(|(before, _)| *before -= 1);
        self.frontier.settle(self.settlements.remove(0), now);
    }

    pub(super) fn flush(&mut self) {
        if let Some(number) = self.frontier.flush() {
            self.queues.iter_mut().for_each(|queue| queue.push(Queued::Barrier(number)));
            self.cuts.push((self.settlements.len(), number));
        }
    }

    pub(super) fn cut(&mut self) {
        if self.cuts.first().is_some_and(|(before, _)| *before == 0) {
            self.frontier.cut(self.cuts.remove(0).1);
        }
    }

    pub(super) fn start_commit(&mut self, now: Now) {
        if self.commit.is_none() && self.receipt.is_none() {
            self.commit = self.frontier.commit(now);
        }
    }

    pub(super) fn start_query(&mut self, now: Now) {
        if self.query.is_none() && self.result.is_none() {
            self.query = self.frontier.query(now);
        }
    }

    /// Continues an open query by one step: first the store reads it, then the frontier gets the result.
    pub(super) fn continue_query(&mut self, now: Now) {
        match (self.query.take(), self.result.take()) {
            (Some(query), _) => self.result = Some(self.reader.query(&query).unwrap()),
            (None, Some(result)) => self.frontier.apply_result(result, now).unwrap(),
            (None, None) => {}
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        let nothing_in_flight = self.leases.is_empty() && self.pages.is_empty() && self.settlements.is_empty();
        nothing_in_flight && self.frontier.is_exhausted() && self.frontier.is_committed()
    }
}
