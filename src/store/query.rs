//! A query and its result.

use bytes::Bytes;

use super::queue_position::QueuePosition;
use crate::{
    base::time::Wall,
    keys::{HostKey, Partition, UrlKey},
};

/// Reads the next entries of a host's queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeadsAfter {
    /// The host.
    pub host: HostKey,
    /// Entries up to and including this position are skipped.
    pub after: Option<QueuePosition>,
    /// Where each rank that has entries begins, in order. Entries before their rank's floor are not found: reading a
    /// queue from its prefix would visit the tombstone of every entry that ever left it.
    pub floors: Vec<QueuePosition>,
    /// Maximum number of entries.
    pub limit: u16,
}

/// Reads the next hosts of a partition in order of due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DueAfter {
    /// The partition.
    pub partition: Partition,
    /// Hosts up to and including this one are skipped.
    pub after: Option<(Wall, HostKey)>,
    /// Latest due time.
    pub until: Wall,
    /// Maximum number of hosts.
    pub limit: u16,
}

/// Reads the next known URLs in key order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeysAfter {
    /// Keys up to and including this one are skipped.
    pub after: Option<UrlKey>,
    /// Maximum number of keys.
    pub limit: u32,
}

/// Reads the next URLs that are set aside, in key order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AsideAfter {
    /// Keys up to and including this one are skipped.
    pub after: Option<UrlKey>,
    /// Maximum number of URLs.
    pub limit: u16,
}

/// A batch of reads, all from one snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// URLs whose status is read; sorted.
    pub seen: Vec<UrlKey>,
    /// Hosts whose rows are read; sorted.
    pub hosts: Vec<HostKey>,
    /// Queues whose next entries are read.
    pub heads: Vec<HeadsAfter>,
    /// Partitions whose due hosts are read.
    pub due: Vec<DueAfter>,
    /// The range of known URLs to read.
    pub keys: Option<KeysAfter>,
    /// The range of URLs set aside to read.
    pub aside: Option<AsideAfter>,
}

impl Query {
    /// Returns true if there is nothing to read.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.seen.is_empty()
            && self.hosts.is_empty()
            && self.heads.is_empty()
            && self.due.is_empty()
            && self.keys.is_none()
            && self.aside.is_none()
    }
}

/// Result of a [`Query`], in the query's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueryResult {
    /// Number of the last commit in the snapshot.
    pub as_of: u64,
    /// Row of each URL in the seen-set; `None` if the URL is unknown.
    pub seen: Vec<Option<Bytes>>,
    /// Row of each host.
    pub hosts: Vec<Option<Bytes>>,
    /// Entries of each queue, in order.
    pub heads: Vec<Vec<(QueuePosition, Bytes)>>,
    /// Due hosts of each partition, in order.
    pub due: Vec<Vec<(Wall, HostKey)>>,
    /// Known URLs, in order.
    pub keys: Vec<UrlKey>,
    /// URLs set aside with their queue entries, in order.
    pub aside: Vec<(UrlKey, Bytes)>,
}
