//! The database: its keyspaces, and one atomic batch per commit.

use std::{ops::Bound, path::Path, sync::Arc, thread, time::Duration};

use bytes::Bytes;
use fjall::{Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode, Readable, Snapshot, compaction::Leveled};

use super::{
    error::{damaged, fault, unpanicked},
    keys::{self, Table},
};
use crate::{
    error::StoreError,
    keys::Partition,
    store::{Change, Commit, Durability, Recovered, SinkId},
};

/// The share of `store.memory` that caches blocks: an eighth.
const CACHE_SHARE: u64 = 8;

/// Files that the database keeps open, at most.
const OPEN_FILES: usize = 200;

/// Journals on disk, together, at most: the least the engine takes.
const JOURNALS: u64 = 64 << 20;

/// Runs in the first level that are merged into the second, bytes of a table, and how much larger each level is.
const RUNS: u8 = 8;
const TABLE: u64 = 8 << 20;
const LEVELS: f32 = 8.0;

/// Sealed memtables, or runs in the first level, from which on a commit waits: the engine's own brake comes later, and
/// does not look whether anything still works.
const BUSY_MEMTABLES: usize = 2;
const BUSY_TABLES: usize = 18;

/// How long a commit waits for the disk before it is an error.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it looks.
const LOOK: Duration = Duration::from_millis(5);

/// The keyspaces, beside the engine's own.
pub(crate) const KEYSPACES: usize = 5;

/// The open database.
pub(crate) struct Database {
    pub(crate) database: fjall::Database,
    pub(crate) seen: Keyspace,
    pub(crate) queue: Keyspace,
    pub(crate) hosts: Keyspace,
    pub(crate) due: Keyspace,
    pub(crate) meta: Keyspace,
}

impl Database {
    /// Opens the database, or makes it: what a damaged one makes the engine panic over is an error, too.
    ///
    /// # Errors
    /// Damaged when it cannot be read, or when its parts are not of one commit, or of one before `anchor`.
    pub(crate) fn open(path: &Path, memory: u64, anchor: u64) -> Result<Self, StoreError> {
        let engine = Self::open_damaged(path, memory)?;
        let number = engine.number()?;
        for keyspace in [&engine.seen, &engine.queue, &engine.hosts, &engine.due] {
            if number_in(&engine.database.snapshot(), keyspace)? != number {
                return Err(damaged(&format!("`{}` is not of the same commit as the rest", keyspace.name())));
            }
        }
        if number < anchor {
            let message = format!("the database ends at commit {number}, but {anchor} were made");
            return Err(damaged(&message));
        }
        Ok(engine)
    }

    /// Opens what is left of a damaged one.
    ///
    /// # Errors
    /// Damaged, when not even that can be read.
    pub(crate) fn open_damaged(path: &Path, memory: u64) -> Result<Self, StoreError> {
        unpanicked(|| Self::open_keyspaces(path, memory))
    }

    fn open_keyspaces(path: &Path, memory: u64) -> fjall::Result<Self> {
        let database = fjall::Database::builder(path)
            .cache_size(memory / CACHE_SHARE)
            .max_journaling_size(JOURNALS)
            .max_cached_files(Some(OPEN_FILES))
            .worker_threads(1)
            .open()?;
        // Stored when the keyspace is made, and kept: a later `store.memory` moves only the cache. Three memtables of each
        // may live at the same time, and one more while a commit fills it.
        let keyspace = |name, share: u64| {
            let memtable = (memory / share).clamp(1 << 20, 64 << 20);
            database.keyspace(name, || {
                KeyspaceCreateOptions::default().max_memtable_size(memtable).compaction_strategy(levels())
            })
        };
        Ok(Self {
            seen: keyspace("seen", 48)?,
            queue: keyspace("queue", 48)?,
            hosts: keyspace("host", 48)?,
            due: keyspace("due", 128)?,
            meta: keyspace("meta", 256)?,
            database,
        })
    }

    /// The number of the last commit.
    pub(crate) fn number(&self) -> Result<u64, StoreError> {
        number_in(&self.database.snapshot(), &self.meta)
    }

    /// Writes a commit, all of it or nothing; the first one keeps the crawl's identity, for when its file is gone.
    pub(crate) fn commit(&self, commit: &Commit, durability: Durability, identity: &str) -> Result<(), StoreError> {
        self.wait_for_the_disk()?;
        let mode = match durability {
            Durability::Fsync => PersistMode::SyncData,
            Durability::Os => PersistMode::Buffer,
        };
        let mut batch = OwnedWriteBatch::with_capacity(self.database.clone(), items(commit)).durability(Some(mode));
        for change in &commit.parts {
            self.write(&mut batch, change);
        }
        let number = commit.number.to_be_bytes();
        for keyspace in [&self.seen, &self.queue, &self.hosts, &self.due, &self.meta] {
            batch.insert(keyspace, keys::NUMBER, number);
        }
        if commit.number == 1 {
            batch.insert(&self.meta, keys::IDENTITY, identity.as_bytes());
        }
        batch.insert(&self.meta, keys::COUNTERS, commit.meta.clone());
        let positions = postcard::to_stdvec(&commit.positions);
        batch.insert(&self.meta, keys::POSITIONS, positions.map_err(|error| damaged(&error.to_string()))?);
        for (key, row) in &commit.kept {
            match row {
                Some(row) => batch.insert(&self.meta, keys::kept(key), row.clone()),
                None => batch.remove(&self.meta, keys::kept(key)),
            }
        }
        batch.commit().map_err(|error| fault(&error))
    }

    fn write(&self, batch: &mut OwnedWriteBatch, change: &Change) {
        for (url, place, entry) in &change.admit {
            batch.insert(&self.seen, keys::url(*url), Bytes::new());
            batch.insert(&self.queue, keys::place(url.host, *place), entry.clone());
        }
        for (url, old, new, entry) in &change.again {
            batch.remove(&self.queue, keys::place(url.host, *old));
            batch.insert(&self.queue, keys::place(url.host, *new), entry.clone());
        }
        for (url, place, outcome) in &change.settle {
            batch.insert(&self.seen, keys::url(*url), outcome.clone());
            if let Some(place) = place {
                batch.remove(&self.queue, keys::place(url.host, *place));
            }
        }
        for host in &change.hosts {
            batch.insert(&self.hosts, keys::host(host.host), host.row.clone());
            if host.old_due == host.new_due {
                continue;
            }
            if let Some(at) = host.old_due {
                batch.remove(&self.due, keys::due(change.partition, at, host.host));
            }
            if let Some(at) = host.new_due {
                batch.insert(&self.due, keys::due(change.partition, at, host.host), Bytes::new());
            }
        }
        batch.insert(&self.meta, keys::partition(change.partition), change.meta.clone());
    }

    /// Waits while flushes and compactions are behind, and looks whether they still work.
    fn wait_for_the_disk(&self) -> Result<(), StoreError> {
        let mut waited = Duration::ZERO;
        while self.is_behind() {
            // A write that failed in the background shows only here.
            self.database.persist(PersistMode::Buffer).map_err(|error| fault(&error))?;
            if waited >= PATIENCE {
                return Err(StoreError::Unavailable("the disk is too slow".into()));
            }
            thread::park_timeout(LOOK);
            waited += LOOK;
        }
        Ok(())
    }

    fn is_behind(&self) -> bool {
        [&self.seen, &self.queue, &self.hosts, &self.due, &self.meta].into_iter().any(|keyspace| {
            keyspace.sealed_memtable_count() >= BUSY_MEMTABLES || keyspace.l0_table_count() >= BUSY_TABLES
        })
    }

    /// What the last commit left.
    pub(crate) fn recovered(&self) -> Result<Recovered, StoreError> {
        let snapshot = self.database.snapshot();
        let meta = get(&snapshot, &self.meta, keys::COUNTERS)?.unwrap_or_default();
        let positions: Vec<(SinkId, Bytes)> = match get(&snapshot, &self.meta, keys::POSITIONS)? {
            Some(bytes) => postcard::from_bytes(&bytes).map_err(|_| damaged("the outputs' positions"))?,
            None => Vec::new(),
        };
        Ok(Recovered { number: number_in(&snapshot, &self.meta)?, meta, positions })
    }

    /// The rows that others keep.
    pub(crate) fn kept(&self) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        let rows = self.database.snapshot().prefix(&self.meta, keys::KEPT);
        rows.map(|guard| {
            let (key, row) = guard.into_inner().map_err(|error| fault(&error))?;
            Ok((Bytes::copy_from_slice(key.get(keys::KEPT.len()..).unwrap_or_default()), row.into()))
        })
        .collect()
    }

    /// The crawl's identity, as its file should say.
    pub(crate) fn identity(&self) -> Result<Bytes, StoreError> {
        let identity = get(&self.database.snapshot(), &self.meta, keys::IDENTITY)?;
        identity.ok_or_else(|| damaged("the crawl's identity is gone"))
    }

    /// A partition's counters; empty when it is new.
    pub(crate) fn partition(&self, partition: Partition) -> Result<Bytes, StoreError> {
        let meta = get(&self.database.snapshot(), &self.meta, keys::partition(partition))?;
        Ok(meta.unwrap_or_default())
    }

    /// Shows every entry of a table from `low` on.
    pub(crate) fn scan(
        &self,
        table: Table,
        low: Bound<Vec<u8>>,
        mut show: impl FnMut(&[u8], Bytes) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for guard in self.database.snapshot().range(self.table(table), (low, Bound::Unbounded)) {
            let (key, value) = guard.into_inner().map_err(|error| fault(&error))?;
            show(&key, value.into())?;
        }
        Ok(())
    }

    /// Whether the first entry from `low` on can be read, or there is none.
    pub(crate) fn is_readable(&self, table: Table, low: Bound<Vec<u8>>) -> bool {
        let first = self.database.snapshot().range(self.table(table), (low, Bound::Unbounded)).next();
        first.is_none_or(|guard| guard.into_inner().is_ok())
    }

    fn table(&self, table: Table) -> &Keyspace {
        match table {
            Table::Seen => &self.seen,
            Table::Queue => &self.queue,
            Table::Hosts => &self.hosts,
            Table::Due => &self.due,
        }
    }
}

/// Rows that a commit writes, about.
fn items(commit: &Commit) -> usize {
    let of = |part: &Change| 2 * (part.admit.len() + part.again.len() + part.settle.len()) + 3 * part.hosts.len() + 1;
    commit.parts.iter().map(of).sum::<usize>() + KEYSPACES + commit.kept.len() + 3
}

/// How the tables are merged. Keys come in no order, so that each merge of the first level rewrites all of the second: that
/// should be little larger than the first, and the first wait until it is worth it. A fifth less work than the engine's own
/// choice (4 runs, 256 MiB).
fn levels() -> Arc<Leveled> {
    let runs = Leveled::default().with_l0_threshold(RUNS);
    Arc::new(runs.with_table_target_size(TABLE).with_level_ratio_policy(vec![LEVELS]))
}

/// A row of a keyspace.
pub(crate) fn get(
    snapshot: &Snapshot,
    keyspace: &Keyspace,
    key: impl AsRef<[u8]>,
) -> Result<Option<Bytes>, StoreError> {
    let value = snapshot.get(keyspace, key).map_err(|error| fault(&error))?;
    Ok(value.map(Bytes::from))
}

/// The commit number in a keyspace; 0 while there is none.
pub(crate) fn number_in(snapshot: &Snapshot, keyspace: &Keyspace) -> Result<u64, StoreError> {
    match get(snapshot, keyspace, keys::NUMBER)? {
        Some(bytes) => bytes[..].try_into().map(u64::from_be_bytes).map_err(|_| damaged("a commit's number")),
        None => Ok(0),
    }
}
