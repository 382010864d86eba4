//! What is on its way to the store: batches, the query that is out, and the counters.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;

use super::{
    arrivals::{arrivals, encode_arrival},
    batch::{Batch, BatchState},
    counters::Counters,
    meta::Meta,
};
use crate::{
    base::time::Wall,
    error::StoreError,
    frontier::{balance::Balance, invariant::Invariant},
    keys::{HostKey, Partition, UrlKey},
    store::{Change, Grant, Query, QueuePosition, SinkId},
};

/// Maximum size of the entries in one batch, in bytes. When both batches are full, no lease is issued.
const BATCH_BYTES: usize = 4 << 20;

/// What delays a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holdup {
    /// An exporter has not flushed yet.
    Exporters,
    /// The store has not answered yet.
    Store,
}

/// What the next commit contains, host rows excepted.
#[derive(Debug)]
pub(super) struct CommitParts {
    pub(super) number: u64,
    pub(super) changes: BTreeMap<Partition, Change>,
    /// Hosts whose rows are written, with the change of their queue's length.
    pub(super) hosts: Vec<(HostKey, i64)>,
    pub(super) meta: Bytes,
    pub(super) positions: Vec<(SinkId, Bytes)>,
    pub(super) side_rows: Vec<(Bytes, Option<Bytes>)>,
}

/// What is on its way to the store.
#[derive(Debug)]
pub(crate) struct Commits {
    /// In order of number; the last one is open. At most one before it is not committed.
    batches: Vec<Batch>,
    /// The query that is out.
    query: Option<Query>,
    /// The last `seq` used in each partition.
    arrivals: BTreeMap<Partition, u64>,
    counters: Counters,
    /// `store.commit_batch`: maximum number of settlements in one batch.
    max_settlements: usize,
}

impl Commits {
    /// The state after the last commit, which stored `meta`.
    ///
    /// # Errors
    /// If the counters of a partition are corrupt.
    pub(crate) fn new(last: u64, meta: Meta, grants: &[Grant], max_settlements: usize) -> Result<Self, StoreError> {
        Ok(Self {
            batches: vec![Batch::new(last + 1)],
            query: None,
            arrivals: arrivals(grants)?,
            counters: Counters::new(meta),
            max_settlements,
        })
    }

    /// Returns the open batch.
    pub(crate) fn open(&mut self) -> &mut Batch {
        // `new` opens a batch, and `cut` opens the next before it closes one.
        match self.batches.last_mut() {
            Some(batch) => batch,
            None => unreachable!("the last batch is open"),
        }
    }

    /// Returns the number of the open batch.
    pub(crate) fn open_number(&self) -> u64 {
        self.batches.last().map_or(0, |batch| batch.number)
    }

    /// Returns a batch by its number; the open one if there is no such batch.
    pub(crate) fn batch(&mut self, number: u64) -> &mut Batch {
        batch_of(&mut self.batches, number)
    }

    /// Returns all batches that are remembered, in order.
    pub(super) fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// Returns the next `seq` of a host's partition.
    pub(crate) fn next_seq(&mut self, host: HostKey) -> u64 {
        let last = self.arrivals.entry(host.partition()).or_default();
        *last += 1;
        *last
    }

    /// Returns true if a batch has a change of the URL.
    pub(crate) fn knows(&self, url: &UrlKey) -> bool {
        self.batches.iter().any(|batch| batch.knows(url))
    }

    /// Returns what the batches put into the seen-set for a URL; `None` if they change nothing there.
    pub(crate) fn row(&self, url: &UrlKey) -> Option<&Bytes> {
        self.batches.iter().rev().find_map(|batch| batch.row(url))
    }

    /// Counts a queued URL that is set aside by the open batch.
    pub(crate) fn put_aside(&mut self) {
        let open = self.open_number();
        self.counters.put_aside(batch_of(&mut self.batches, open));
    }

    /// Counts a URL that is no longer set aside, from batch `number` on.
    pub(crate) fn take_from_aside(&mut self, number: u64) {
        self.counters.take_from_aside(batch_of(&mut self.batches, number));
    }

    /// Returns true if a batch writes the host's row.
    pub(crate) fn touches(&self, host: HostKey) -> bool {
        self.batches.iter().any(|batch| batch.touches(host))
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn counters_mut(&mut self) -> &mut Counters {
        &mut self.counters
    }

    /// Counts a change of URLs in the live counters and in those of a batch.
    pub(crate) fn count(&mut self, number: u64, change: &Balance) {
        self.counters.merge(batch_of(&mut self.batches, number), change);
    }

    /// Adds to a counter by name, likewise.
    pub(crate) fn add(&mut self, number: u64, key: impl Into<Cow<'static, str>>, count: u64) {
        self.counters.add(batch_of(&mut self.batches, number), key.into(), count);
    }

    /// Returns true if both batches are full: nothing may be leased and no seed accepted until one is committed.
    #[must_use]
    pub(crate) fn is_paused(&self) -> bool {
        self.is_busy() && self.is_open_full()
    }

    /// Returns true if the open batch is full and may be flushed.
    #[must_use]
    pub(crate) fn is_flush_due(&self) -> bool {
        !self.is_busy() && self.is_open_full()
    }

    /// Returns true if everything settled is in the store.
    #[must_use]
    pub(crate) fn is_committed(&self) -> bool {
        !self.is_busy() && self.batches.last().is_none_or(Batch::is_empty)
    }

    /// Returns what the batch before the open one waits for.
    #[must_use]
    pub(crate) fn holdup(&self) -> Option<Holdup> {
        let batch = self.batches.iter().find(|batch| batch.state < BatchState::Committed)?;
        match batch.state {
            BatchState::Open | BatchState::Committed => None,
            BatchState::Flushing | BatchState::Cut if batch.positions.is_none() => Some(Holdup::Exporters),
            BatchState::Flushing | BatchState::Cut | BatchState::Committing => Some(Holdup::Store),
        }
    }

    /// Starts to flush the open batch, unless it is empty or the one before it is not committed. Returns its number.
    pub(super) fn flush(&mut self) -> Option<u64> {
        let is_busy = self.is_busy();
        let batch = self.open();
        if is_busy || batch.state != BatchState::Open || batch.is_empty() {
            return None;
        }
        batch.state = BatchState::Flushing;
        Some(batch.number)
    }

    /// Closes batch `number` and opens the next. Returns the hosts whose rows it writes; `None` if it was not flushing.
    pub(super) fn cut(&mut self, number: u64) -> Option<Vec<HostKey>> {
        let batch = self.batches.iter_mut().find(|batch| batch.number == number)?;
        if batch.state != BatchState::Flushing {
            return None;
        }
        batch.state = BatchState::Cut;
        let hosts = batch.hosts().map(|(host, _)| host).collect();
        self.batches.push(Batch::new(number + 1));
        Some(hosts)
    }

    /// Notes that all records of batch `number` are flushed, up to these positions.
    pub(super) fn flushed(&mut self, number: u64, positions: Vec<(SinkId, Bytes)>) {
        if let Some(batch) = self.batches.iter_mut().find(|batch| batch.number == number) {
            batch.positions = Some(positions);
        }
    }

    /// Starts the next commit, if its batch is complete.
    pub(super) fn start_commit(&mut self, now: Wall) -> Option<CommitParts> {
        if self.batches.iter().any(|batch| batch.state >= BatchState::Committing) {
            return None;
        }
        let batch = self.batches.iter_mut().find(|batch| batch.state == BatchState::Cut)?;
        if batch.undecided > 0 && Invariant::Wait.is_kept() {
            return None;
        }
        let positions = batch.positions.take()?;
        batch.state = BatchState::Committing;
        let meta = self.counters.commit(batch, now);
        let (changes, hosts) = (batch.changes(), batch.hosts().collect());
        let (number, side_rows) = (batch.number, std::mem::take(&mut batch.side_rows).into_iter().collect());
        Some(CommitParts { number, changes, hosts, meta, positions, side_rows })
    }

    /// Returns the counters that a commit stores for a partition.
    pub(super) fn partition_meta(&self, partition: Partition) -> Bytes {
        encode_arrival(self.arrivals.get(&partition).copied().unwrap_or_default())
    }

    /// Records that the store has committed batch `number`.
    pub(super) fn committed(&mut self, number: u64) {
        let batch = self.batches.iter_mut().find(|batch| batch.number == number);
        if let Some(batch) = batch.filter(|batch| batch.state == BatchState::Committing) {
            batch.state = BatchState::Committed;
        }
    }

    /// Drops committed batches, unless a query is out. Returns true if one was dropped.
    pub(super) fn forget_committed(&mut self) -> bool {
        if self.query.is_some() && Invariant::Remember.is_kept() {
            return false;
        }
        let before = self.batches.len();
        self.batches.retain(|batch| batch.state != BatchState::Committed);
        self.batches.len() < before
    }

    /// Returns true if a query is out.
    pub(crate) fn has_query(&self) -> bool {
        self.query.is_some()
    }

    /// Notes the query that is sent to the store.
    pub(super) fn set_query(&mut self, query: Query) {
        self.query = Some(query);
    }

    /// Removes the query that was out.
    pub(super) fn take_query(&mut self) -> Option<Query> {
        self.query.take()
    }

    /// Returns true if an entry that the store returned is outdated by a batch after the first `index`.
    pub(super) fn overrides(&self, index: usize, url: &UrlKey, position: QueuePosition) -> bool {
        self.batches.iter().skip(index).any(|batch| batch.overrides(url, position))
    }

    /// Returns true if a batch before the open one is not committed.
    fn is_busy(&self) -> bool {
        self.batches.iter().any(|batch| (BatchState::Flushing..BatchState::Committed).contains(&batch.state))
    }

    fn is_open_full(&self) -> bool {
        let is_full = |batch: &Batch| batch.settlements >= self.max_settlements || batch.bytes >= BATCH_BYTES;
        self.batches.last().is_some_and(is_full)
    }

    /// Returns the number of batches that are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.batches.len()
    }
}

fn batch_of(batches: &mut [Batch], number: u64) -> &mut Batch {
    // A pending link's batch waits for it, so it is there; anything else belongs to the open one, which is the last.
    let index = batches.iter().position(|batch| batch.number == number);
    let index = index.unwrap_or(batches.len().saturating_sub(1));
    match batches.get_mut(index) {
        Some(batch) => batch,
        None => unreachable!("the last batch is open"),
    }
}
