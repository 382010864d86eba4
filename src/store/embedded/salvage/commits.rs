//! The commits in a repaired database.

use std::{collections::BTreeSet, path::Path};

use crate::{
    error::StoreError,
    store::{
        embedded::{
            check::{FJALL_KEYSPACE, commit_numbers, keyspaces, last_commit, open_tables},
            database::{Database, number_in},
        },
        extent::Extent,
    },
};

/// Commits in the files of a database, before fjall merges journals and tables.
pub(crate) struct CommitsInFiles {
    /// All keyspaces have the commits up to this one in their tables.
    in_tables: u64,
    /// Commits in the journals: bounded by their size, 64 MiB.
    in_journals: BTreeSet<u64>,
}

impl CommitsInFiles {
    /// Reads the files of a repaired database.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) fn read(data: &Path) -> Result<Self, StoreError> {
        let mut in_tables = u64::MAX;
        for (_, path) in keyspaces(data)?.iter().filter(|(number, _)| *number != FJALL_KEYSPACE) {
            // Tables that cannot be read have no commit.
            let last = open_tables(path).and_then(|tables| last_commit(&tables)).unwrap_or_default();
            in_tables = in_tables.min(last);
        }
        let in_tables = if in_tables == u64::MAX { 0 } else { in_tables };
        Ok(Self { in_tables, in_journals: commit_numbers(data)? })
    }

    /// Returns the extent of the database that fjall opened from these files.
    pub(crate) fn extent(&self, database: &Database, anchor: Option<u64>) -> Extent {
        let snapshot = database.inner.snapshot();
        let last = |keyspace| number_in(&snapshot, keyspace).unwrap_or_default();
        let (seen, queue) = (last(&database.seen), last(&database.queue));
        let (hosts, positions) = (last(&database.hosts), last(&database.meta));
        let extent = Extent { anchor, seen, queue, hosts, positions, missing: 0 };
        let after_tables = extent.newest().saturating_sub(self.in_tables);
        let readable = self.in_journals.iter().filter(|number| **number > self.in_tables).count() as u64;
        Extent { missing: after_tables.saturating_sub(readable), ..extent }
    }
}
