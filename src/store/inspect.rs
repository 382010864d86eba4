//! A stored crawl as tools see it, whatever engine stores it.

use std::fmt;

use bytes::Bytes;

use super::{
    commit::Recovered,
    extent::Extent,
    query::{Query, QueryResult},
    queue_position::QueuePosition,
};
use crate::{
    base::time::Wall,
    error::{Result, StoreError},
    keys::{HostKey, UrlKey},
};

/// A stored crawl, open for reading. Nothing in it changes, and no crawl can use it meanwhile.
pub(crate) trait Inspect: Send {
    /// Returns the names of the crawl's outputs, in the order of their [`SinkId`](super::SinkId).
    fn outputs(&self) -> &[String];

    /// Returns the state as of the last commit.
    fn recovered(&self) -> Result<Recovered, StoreError>;

    /// Executes a query, as the store of a running crawl would.
    fn query(&self, query: &Query) -> Result<QueryResult, StoreError>;

    /// Returns the rows of all side tables with their keys, in any order.
    fn side_rows(&self) -> Result<Vec<(Bytes, Bytes)>, StoreError>;

    /// Calls `each` with every row of a table, in key order. Returns the number of gaps that were skipped.
    ///
    /// # Errors
    /// Damage, unless it is skipped; any other error of `each` or of the store.
    fn scan(&self, table: Table, on_damage: OnDamage, each: &mut dyn FnMut(StoredRow) -> Result<()>) -> Result<u64>;
}

impl fmt::Debug for dyn Inspect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Inspect").field("outputs", &self.outputs()).finish_non_exhaustive()
    }
}

/// Readable part of a damaged crawl.
#[derive(Debug)]
pub(crate) struct DamagedCrawl {
    /// The part, open for tools.
    pub crawl: Box<dyn Inspect>,
    /// Number of places found unreadable so far; scans may find more.
    pub gaps: u64,
    /// Last commit of each part.
    pub extent: Extent,
}

/// A table that can be scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// Known URLs.
    Seen,
    /// Queue entries of all hosts.
    Queue,
    /// Host rows.
    Hosts,
    /// Queue entries of URLs that are set aside.
    Aside,
    /// Due index: hosts in the order of their due times.
    Due,
}

/// A row that a scan found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoredRow {
    /// A known URL and its row in the seen-set.
    Seen(UrlKey, Bytes),
    /// A queue entry.
    Queued(HostKey, QueuePosition, Bytes),
    /// The queue entry of a URL that is set aside.
    Aside(UrlKey, Bytes),
    /// A host and its row.
    Host(HostKey, Bytes),
    /// A host and its due time.
    Due(HostKey, Wall),
}

/// Behavior of a scan where a table cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnDamage {
    /// Returns the error.
    Stop,
    /// Continues after the gap.
    Skip,
}
