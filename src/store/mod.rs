//! Where the frontier's decisions are kept: one batched question, one atomic commit; no policy.
//!
//! At most one [`Query`] and one [`Commit`] are out at a time. A lease writes nothing: an entry stays in its queue until its
//! settlement is committed, so a crash is a lost lease by itself.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    base::time::Wall,
    error::StoreError,
    keys::{HostKey, Partition, UrlKey},
};

mod config;
#[cfg(test)]
mod conformance;
mod embedded;
mod memory;
mod threads;

pub use config::Durability;
pub(crate) use config::{Config, Engine};
pub use embedded::Extent;
pub(crate) use embedded::{EmbeddedStore, OnDamage, Setup, StateReader, StoredRow, Table, Wanted, with_way_out};
pub(crate) use memory::MemoryStore;
pub(crate) use threads::{ReaderHandle, StoreThreads, WriterHandle, start};

/// Fences a partition's owner against earlier owners.
pub(crate) type Token = u64;

/// Names one exporter of the crawl, in the order of its configuration.
pub(crate) type SinkId = u16;

/// A place in a host's queue: rank first (0 is soonest), then arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct QueuePosition {
    /// 255 - (priority + 128): higher priority, lower rank.
    pub rank: u8,
    /// From one counter per partition, so unique within a host.
    pub seq: u64,
}

/// Up to so many queue entries of a host after a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeadsAfter {
    /// The host.
    pub host: HostKey,
    /// Entries up to and including this place are passed over.
    pub after: Option<QueuePosition>,
    /// Where each rank that has entries begins, in order: what is not there is not looked for. A queue read from its
    /// prefix costs a look at everything that ever left it.
    pub floors: Vec<QueuePosition>,
    /// At most so many.
    pub limit: u16,
}

/// The next hosts of a partition in due order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DueAfter {
    /// The partition.
    pub partition: Partition,
    /// Entries up to and including this one are passed over.
    pub after: Option<(Wall, HostKey)>,
    /// Only hosts due by then.
    pub until: Wall,
    /// At most so many.
    pub limit: u16,
}

/// The next keys of the seen-set in key order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeysAfter {
    /// Keys up to and including this one are passed over.
    pub after: Option<UrlKey>,
    /// At most so many.
    pub limit: u32,
}

/// One batched question, answered from one snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// Are these known? Sorted.
    pub seen: Vec<UrlKey>,
    /// The rows of these hosts. Sorted.
    pub hosts: Vec<HostKey>,
    /// Heads of these queues.
    pub heads: Vec<HeadsAfter>,
    /// Hosts due.
    pub due: Vec<DueAfter>,
    /// Part of the seen-set.
    pub keys: Option<KeysAfter>,
}

impl Query {
    /// Whether nothing is asked.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.seen.is_empty()
            && self.hosts.is_empty()
            && self.heads.is_empty()
            && self.due.is_empty()
            && self.keys.is_none()
    }
}

/// The answer to an [`Query`], its parts in the order of the question's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueryResult {
    /// The number of the commit whose state was read.
    pub as_of: u64,
    /// Per URL its outcome, empty while queued; none when unknown.
    pub seen: Vec<Option<Bytes>>,
    /// Per host its row.
    pub hosts: Vec<Option<Bytes>>,
    /// Per queue its entries, in order.
    pub heads: Vec<Vec<(QueuePosition, Bytes)>>,
    /// Per partition its hosts, in order.
    pub due: Vec<Vec<(Wall, HostKey)>>,
    /// URLs known, in order.
    pub keys: Vec<UrlKey>,
}

/// A host's row and its place in the due order, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostChange {
    /// The host.
    pub host: HostKey,
    /// The row; replaces the old one.
    pub row: Bytes,
    /// The due entry to remove.
    pub old_due: Option<Wall>,
    /// The due entry to write: set as long as anything is queued.
    pub new_due: Option<Wall>,
}

/// What one commit does to one partition. Each [`UrlKey`] stands in it once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// The partition.
    pub partition: Partition,
    /// The owner's token.
    pub token: Token,
    /// New in the seen-set and in a queue.
    pub admit: Vec<(UrlKey, QueuePosition, Bytes)>,
    /// Queued before, queued on: old place, new place, entry.
    pub again: Vec<(UrlKey, QueuePosition, QueuePosition, Bytes)>,
    /// Ended, with the outcome; no place when admitted in this very batch, so that no entry stands in the store.
    pub settle: Vec<(UrlKey, Option<QueuePosition>, Bytes)>,
    /// Host rows.
    pub hosts: Vec<HostChange>,
    /// Absolute counters of the partition.
    pub meta: Bytes,
}

/// One atomic batch. Sending the same number again changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Counts up by one.
    pub number: u64,
    /// Per partition touched.
    pub parts: Vec<Change>,
    /// Absolute counters of the crawl.
    pub meta: Bytes,
    /// How far each exporter's output reaches.
    pub positions: Vec<(SinkId, Bytes)>,
    /// Rows that others keep with the crawl, by key: written, or removed.
    pub kept: Vec<(Bytes, Option<Bytes>)>,
}

/// What a commit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// Partitions whose token is no longer valid: nothing of theirs was applied.
    pub refused: Vec<Partition>,
}

/// A partition given or taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// Ours from now on.
    Begin {
        /// The partition.
        partition: Partition,
        /// Proves it.
        token: Token,
        /// Its counters as last committed; empty when it is new.
        meta: Bytes,
    },
    /// No longer ours.
    End {
        /// The partition.
        partition: Partition,
    },
}

/// What the last commit left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recovered {
    /// Its number; 0 when there was none.
    pub number: u64,
    /// The crawl's counters.
    pub meta: Bytes,
    /// How far each exporter's output counts.
    pub positions: Vec<(SinkId, Bytes)>,
}

/// The writing end; blocking, on its own thread.
pub(crate) trait Store: Send {
    /// A second handle for reads, for another thread: it never waits for a commit.
    fn reader(&self) -> Box<dyn StoreReader>;

    /// Claims partitions and keeps them; an embedded store grants everything, once.
    ///
    /// # Errors
    /// When the store is away, full or damaged.
    fn claim_partitions(&mut self, now: Wall, release: &[Partition]) -> Result<Vec<Grant>, StoreError>;

    /// Applies a commit; durable on `Ok`, unknown on `Err`: send the same number again.
    ///
    /// # Errors
    /// When the store is away, full or damaged.
    fn commit(&mut self, commit: &Commit) -> Result<Receipt, StoreError>;

    /// What the last commit left.
    ///
    /// # Errors
    /// When the store is away, full or damaged.
    fn recover(&mut self) -> Result<Recovered, StoreError>;

    /// The rows that others keep with the crawl, with their keys, in any order.
    ///
    /// # Errors
    /// When the store is away, full or damaged.
    fn kept(&mut self) -> Result<Vec<(Bytes, Bytes)>, StoreError>;
}

/// The reading end; blocking, on its own thread.
pub(crate) trait StoreReader: Send {
    /// Answers a question from one snapshot.
    ///
    /// # Errors
    /// When the store is away, full or damaged.
    fn query(&mut self, ask: &Query) -> Result<QueryResult, StoreError>;
}
