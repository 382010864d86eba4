//! Writes commits to the database.

use std::{thread, time::Duration};

use bytes::Bytes;
use fjall::{OwnedWriteBatch, PersistMode};

use super::{database::Database, error::from_fjall, keys};
use crate::{
    base::stored,
    error::StoreError,
    store::{
        commit::{Change, Commit},
        durability::Durability,
    },
};

/// Number of sealed memtables from which a commit waits. fjall slows writes down later than this, and does not check then
/// whether its background work still succeeds.
const MAX_SEALED_MEMTABLES: usize = 2;

/// Number of tables in the first level from which a commit waits.
const MAX_L0_TABLES: usize = 18;

/// Maximum time that a commit waits for flushes and compactions.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Time between two checks while a commit waits.
const CHECK_INTERVAL: Duration = Duration::from_millis(5);

impl Database {
    /// Writes a commit, whole or not at all. One that has an `identity` also stores that, in case its file is lost.
    pub(crate) fn commit(
        &self,
        commit: &Commit,
        durability: Durability,
        identity: Option<&str>,
    ) -> Result<(), StoreError> {
        self.wait_for_background_work()?;
        let mode = match durability {
            Durability::Fsync => PersistMode::SyncData,
            Durability::Os => PersistMode::Buffer,
        };
        let mut batch = OwnedWriteBatch::with_capacity(self.inner.clone(), row_count(commit)).durability(Some(mode));
        for change in &commit.changes {
            self.write_change(&mut batch, change);
        }
        for keyspace in self.keyspaces() {
            batch.insert(keyspace, keys::NUMBER, commit.number.to_be_bytes());
        }
        if let Some(identity) = identity {
            batch.insert(&self.meta, keys::IDENTITY, identity.as_bytes());
        }
        batch.insert(&self.meta, keys::COUNTERS, commit.meta.clone());
        batch.insert(&self.meta, keys::POSITIONS, stored::encode(&commit.positions));
        for (key, row) in &commit.side_rows {
            match row {
                Some(row) => batch.insert(&self.meta, keys::side_row(key), row.clone()),
                None => batch.remove(&self.meta, keys::side_row(key)),
            }
        }
        batch.commit().map_err(|error| from_fjall(&error))
    }

    fn write_change(&self, batch: &mut OwnedWriteBatch, change: &Change) {
        for (url, position, entry, row) in &change.admit {
            batch.insert(&self.seen, keys::url(*url), row.clone());
            batch.insert(&self.queue, keys::queued(url.host, *position), entry.clone());
        }
        for (url, old, new, entry) in &change.requeue {
            batch.remove(&self.queue, keys::queued(url.host, *old));
            batch.insert(&self.queue, keys::queued(url.host, *new), entry.clone());
        }
        for (url, position, status) in &change.settle {
            batch.insert(&self.seen, keys::url(*url), status.clone());
            if let Some(position) = position {
                batch.remove(&self.queue, keys::queued(url.host, *position));
            }
        }
        for (url, position, entry, row) in &change.set_aside {
            batch.insert(&self.seen, keys::url(*url), row.clone());
            batch.insert(&self.meta, keys::aside(*url), entry.clone());
            if let Some(position) = position {
                batch.remove(&self.queue, keys::queued(url.host, *position));
            }
        }
        for url in &change.restored {
            batch.remove(&self.meta, keys::aside(*url));
        }
        for (url, row) in &change.notes {
            batch.insert(&self.seen, keys::url(*url), row.clone());
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

    /// Waits while flushes and compactions are behind, and checks that they still succeed.
    fn wait_for_background_work(&self) -> Result<(), StoreError> {
        let mut waited = Duration::ZERO;
        while self.is_behind() {
            // This is the only call that reports a failed write of the background thread.
            self.inner.persist(PersistMode::Buffer).map_err(|error| from_fjall(&error))?;
            if waited >= MAX_WAIT {
                return Err(StoreError::Unavailable("the disk is too slow".into()));
            }
            thread::park_timeout(CHECK_INTERVAL);
            waited += CHECK_INTERVAL;
        }
        Ok(())
    }

    fn is_behind(&self) -> bool {
        self.keyspaces().into_iter().any(|keyspace| {
            keyspace.sealed_memtable_count() >= MAX_SEALED_MEMTABLES || keyspace.l0_table_count() >= MAX_L0_TABLES
        })
    }
}

/// Returns the approximate number of rows that a commit writes.
fn row_count(commit: &Commit) -> usize {
    let rows = |change: &Change| {
        let urls = change.admit.len() + change.requeue.len() + change.settle.len() + change.set_aside.len();
        2 * urls + change.restored.len() + change.notes.len() + 3 * change.hosts.len() + 1
    };
    commit.changes.iter().map(rows).sum::<usize>() + keys::KEYSPACES + commit.side_rows.len() + 3
}
