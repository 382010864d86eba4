//! The database: opens its keyspaces, and reads what every crawl has.

use std::{ops::Bound, path::Path, sync::Arc};

use bytes::Bytes;
use fjall::{Keyspace, KeyspaceCreateOptions, Readable, Snapshot, compaction::Leveled};

use super::{
    error::{catch_panic, from_fjall},
    keys,
};
use crate::{
    base::stored,
    error::StoreError,
    keys::Partition,
    store::{
        commit::{Recovered, SinkId},
        inspect::Table,
    },
};

/// One part in this many of `store.memory` caches blocks.
const CACHE_SHARE: u64 = 8;

/// Maximum number of files that the database keeps open.
const MAX_OPEN_FILES: usize = 200;

/// Maximum size of all journals, in bytes: the smallest that fjall accepts (64 MiB).
const MAX_JOURNALS: u64 = 64 << 20;

/// Number of runs in the first level that are merged into the second.
const L0_RUNS: u8 = 8;

/// Size of a table, in bytes.
const TABLE_SIZE: u64 = 8 << 20;

/// How many times larger each level is than the one before.
const LEVEL_RATIO: f32 = 8.0;

/// The open database.
pub(crate) struct Database {
    pub(crate) inner: fjall::Database,
    pub(crate) seen: Keyspace,
    pub(crate) queue: Keyspace,
    pub(crate) hosts: Keyspace,
    pub(crate) due: Keyspace,
    pub(crate) meta: Keyspace,
}

impl Database {
    /// Opens the database, or creates it.
    ///
    /// # Errors
    /// Damaged if it cannot be read, if its keyspaces are not of the same commit, or if that is before `anchor`.
    pub(crate) fn open(path: &Path, memory: u64, anchor: u64) -> Result<Self, StoreError> {
        let database = Self::open_damaged(path, memory)?;
        let number = database.number()?;
        for keyspace in database.keyspaces() {
            if number_in(&database.inner.snapshot(), keyspace)? != number {
                let name = keyspace.name();
                return Err(StoreError::damaged(format!("keyspace `{name}` is not of the same commit as the others")));
            }
        }
        if number < anchor {
            return Err(StoreError::damaged(format!("the database ends at commit {number}, but {anchor} were made")));
        }
        Ok(database)
    }

    /// Opens a database whose keyspaces may be of different commits.
    ///
    /// # Errors
    /// Damaged if it cannot be read.
    pub(crate) fn open_damaged(path: &Path, memory: u64) -> Result<Self, StoreError> {
        catch_panic(|| Self::open_keyspaces(path, memory))
    }

    fn open_keyspaces(path: &Path, memory: u64) -> fjall::Result<Self> {
        let database = fjall::Database::builder(path)
            .cache_size(memory / CACHE_SHARE)
            .max_journaling_size(MAX_JOURNALS)
            .max_cached_files(Some(MAX_OPEN_FILES))
            .worker_threads(1)
            .open()?;
        // fjall stores these options when it creates a keyspace, so a later `store.memory` changes only the cache. Three
        // memtables of each keyspace may exist at a time, and one more while a commit fills it.
        let keyspace = |name, share: u64| {
            let memtable = (memory / share).clamp(1 << 20, 64 << 20);
            database.keyspace(name, || {
                KeyspaceCreateOptions::default().max_memtable_size(memtable).compaction_strategy(leveled())
            })
        };
        Ok(Self {
            seen: keyspace("seen", 48)?,
            queue: keyspace("queue", 48)?,
            hosts: keyspace("host", 48)?,
            due: keyspace("due", 128)?,
            meta: keyspace("meta", 256)?,
            inner: database,
        })
    }

    pub(crate) fn keyspaces(&self) -> [&Keyspace; keys::KEYSPACES] {
        [&self.seen, &self.queue, &self.hosts, &self.due, &self.meta]
    }

    /// Returns the number of the last commit.
    pub(crate) fn number(&self) -> Result<u64, StoreError> {
        number_in(&self.inner.snapshot(), &self.meta)
    }

    /// Returns the state as of the last commit.
    pub(crate) fn recovered(&self) -> Result<Recovered, StoreError> {
        let snapshot = self.inner.snapshot();
        let meta = get(&snapshot, &self.meta, keys::COUNTERS)?.unwrap_or_default();
        let positions: Vec<(SinkId, Bytes)> = match get(&snapshot, &self.meta, keys::POSITIONS)? {
            Some(bytes) => stored::decode(&bytes).ok_or_else(|| StoreError::corrupt("the list of output positions"))?,
            None => Vec::new(),
        };
        Ok(Recovered { number: number_in(&snapshot, &self.meta)?, meta, positions })
    }

    /// Returns the rows of all side tables.
    pub(crate) fn side_rows(&self) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        let rows = self.inner.snapshot().prefix(&self.meta, keys::SIDE_ROW);
        rows.map(|guard| {
            let (key, row) = guard.into_inner().map_err(|error| from_fjall(&error))?;
            Ok((Bytes::copy_from_slice(key.get(keys::SIDE_ROW.len()..).unwrap_or_default()), row.into()))
        })
        .collect()
    }

    /// Returns the copy of the crawl's identity file.
    pub(crate) fn identity(&self) -> Result<Bytes, StoreError> {
        let identity = get(&self.inner.snapshot(), &self.meta, keys::IDENTITY)?;
        identity.ok_or_else(|| StoreError::damaged("the crawl's identity is missing in the database"))
    }

    /// Returns the counters of a partition; empty for a new one.
    pub(crate) fn partition(&self, partition: Partition) -> Result<Bytes, StoreError> {
        let meta = get(&self.inner.snapshot(), &self.meta, keys::partition(partition))?;
        Ok(meta.unwrap_or_default())
    }

    /// Calls `each` with every row of a table from `low` on, in key order.
    pub(crate) fn scan<E: From<StoreError>>(
        &self,
        table: Table,
        low: Bound<Vec<u8>>,
        mut each: impl FnMut(&[u8], Bytes) -> Result<(), E>,
    ) -> Result<(), E> {
        for guard in self.inner.snapshot().range(self.table(table), (low, Bound::Unbounded)) {
            let (key, value) = guard.into_inner().map_err(|error| from_fjall(&error))?;
            each(&key, value.into())?;
        }
        Ok(())
    }

    /// Returns true if the first row from `low` on can be read, or there is none.
    pub(crate) fn is_readable(&self, table: Table, low: Bound<Vec<u8>>) -> bool {
        let first = self.inner.snapshot().range(self.table(table), (low, Bound::Unbounded)).next();
        first.is_none_or(|guard| guard.into_inner().is_ok())
    }

    fn table(&self, table: Table) -> &Keyspace {
        match table {
            Table::Seen => &self.seen,
            Table::Queue => &self.queue,
            Table::Hosts => &self.hosts,
            Table::Due => &self.due,
            Table::Aside => &self.meta,
        }
    }
}

/// Returns how tables are merged.
///
/// Keys are in no order, so each merge of the first level rewrites all of the second. Therefore the second level should be
/// little larger than the first, and the first should collect runs until the merge is worth it. This is a fifth less work
/// than with fjall's defaults (4 runs, 256 MiB).
fn leveled() -> Arc<Leveled> {
    let runs = Leveled::default().with_l0_threshold(L0_RUNS);
    Arc::new(runs.with_table_target_size(TABLE_SIZE).with_level_ratio_policy(vec![LEVEL_RATIO]))
}

/// Reads a row of a keyspace.
pub(crate) fn get(
    snapshot: &Snapshot,
    keyspace: &Keyspace,
    key: impl AsRef<[u8]>,
) -> Result<Option<Bytes>, StoreError> {
    let value = snapshot.get(keyspace, key).map_err(|error| from_fjall(&error))?;
    Ok(value.map(Bytes::from))
}

/// Reads the commit number of a keyspace; 0 before the first commit.
pub(crate) fn number_in(snapshot: &Snapshot, keyspace: &Keyspace) -> Result<u64, StoreError> {
    match get(snapshot, keyspace, keys::NUMBER)? {
        Some(bytes) => decode_number(&bytes),
        None => Ok(0),
    }
}

/// Decodes the value of [`keys::NUMBER`].
pub(crate) fn decode_number(bytes: &[u8]) -> Result<u64, StoreError> {
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| StoreError::corrupt("a commit number"))
}
