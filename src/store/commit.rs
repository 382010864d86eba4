//! A commit and its result, and the state that a restart reads.

use bytes::Bytes;

use super::queue_position::QueuePosition;
use crate::{
    base::time::Wall,
    keys::{HostKey, Partition, UrlKey},
};

/// Fences the owner of a partition against earlier owners.
pub(crate) type Token = u64;

/// Identifies an exporter by its index in the configuration.
pub(crate) type SinkId = u16;

/// Change of a host's row and of its entry in the due index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostChange {
    /// The host.
    pub host: HostKey,
    /// New row.
    pub row: Bytes,
    /// Due entry to remove.
    pub old_due: Option<Wall>,
    /// Due entry to write; `None` if nothing is queued.
    pub new_due: Option<Wall>,
}

/// Changes of one partition. Each [`UrlKey`] occurs at most once in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// The partition.
    pub partition: Partition,
    /// Token of the owner.
    pub token: Token,
    /// URLs that come into a queue: position, queue entry, and row in the seen-set.
    pub admit: Vec<(UrlKey, QueuePosition, Bytes, Bytes)>,
    /// URLs that stay queued: old position, new position, new entry.
    pub requeue: Vec<(UrlKey, QueuePosition, QueuePosition, Bytes)>,
    /// URLs that ended: position and status. The position is `None` if the same batch admitted the URL, because then the
    /// store has no entry of it.
    pub settle: Vec<(UrlKey, Option<QueuePosition>, Bytes)>,
    /// URLs that are set aside: position, likewise, queue entry, and row in the seen-set.
    pub set_aside: Vec<(UrlKey, Option<QueuePosition>, Bytes, Bytes)>,
    /// URLs that are no longer set aside; `admit` or `settle` has them, too.
    pub restored: Vec<UrlKey>,
    /// Other rows of the seen-set that change.
    pub notes: Vec<(UrlKey, Bytes)>,
    /// Changed hosts.
    pub hosts: Vec<HostChange>,
    /// Counters of the partition; absolute values.
    pub meta: Bytes,
}

/// One atomic batch. Committing a number again changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Increases by one with each commit.
    pub number: u64,
    /// One change per partition.
    pub changes: Vec<Change>,
    /// Counters of the crawl; absolute values.
    pub meta: Bytes,
    /// Committed position of each exporter's output.
    pub positions: Vec<(SinkId, Bytes)>,
    /// Changed rows of side tables, by key: a new value, or `None` to remove the row.
    pub side_rows: Vec<(Bytes, Option<Bytes>)>,
}

/// Result of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// Partitions whose token is no longer valid; their changes were not applied.
    pub refused: Vec<Partition>,
}

/// State as of the last commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recovered {
    /// Number of the last commit; 0 if there was none.
    pub number: u64,
    /// Counters of the crawl.
    pub meta: Bytes,
    /// Committed position of each exporter's output.
    pub positions: Vec<(SinkId, Bytes)>,
}
