//! The traits of a store: one handle that writes, another that reads.

use bytes::Bytes;

use super::{
    commit::{Commit, Receipt, Recovered, Token},
    query::{Query, QueryResult},
};
use crate::{base::time::Wall, error::StoreError, keys::Partition};

/// A partition that this process gained or lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// This process owns the partition from now on.
    Begin {
        /// The partition.
        partition: Partition,
        /// Proof of ownership, for commits.
        token: Token,
        /// Counters as last committed; empty for a new partition.
        meta: Bytes,
    },
    /// This process no longer owns the partition.
    End {
        /// The partition.
        partition: Partition,
    },
}

/// Writing handle of a store. Blocks, so it has its own thread.
///
/// Every method fails if the store is unavailable, full, damaged, or not ours.
pub(crate) trait Store: Send {
    /// Creates a reading handle for another thread; it never waits for a commit.
    fn reader(&self) -> Box<dyn StoreReader>;

    /// Claims free partitions, renews those owned, and gives up those in `release`. An embedded store grants all of them
    /// at the first call.
    fn claim_partitions(&mut self, now: Wall, release: &[Partition]) -> Result<Vec<Grant>, StoreError>;

    /// Applies a commit. It is durable on `Ok`; on `Err` that is unknown: commit the same number again.
    fn commit(&mut self, commit: &Commit) -> Result<Receipt, StoreError>;

    /// Returns the state as of the last commit.
    fn recover(&mut self) -> Result<Recovered, StoreError>;

    /// Returns the rows of all side tables with their keys, in any order.
    fn side_rows(&mut self) -> Result<Vec<(Bytes, Bytes)>, StoreError>;
}

/// Reading handle of a store. Blocks, so it has its own thread.
pub(crate) trait StoreReader: Send {
    /// Executes a query on one snapshot.
    ///
    /// # Errors
    /// Like those of [`Store`].
    fn query(&mut self, query: &Query) -> Result<QueryResult, StoreError>;
}
