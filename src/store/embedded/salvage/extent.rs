//! How far what is left of a damaged database reaches, part by part.

use std::{collections::BTreeSet, path::Path};

use crate::{
    error::StoreError,
    store::embedded::{
        check::{ENGINES_OWN, journal, keyspaces, last_in_tables, open_tables},
        database::{Database, number_in},
    },
};

/// The last commit that each part of a database has. Parts that differ were not written together: each is as of its own
/// commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// The last commit made, as the anchor says; none when that cannot be read.
    pub anchor: Option<u64>,
    /// Of the URLs known.
    pub seen: u64,
    /// Of the queues.
    pub queue: u64,
    /// Of the hosts.
    pub hosts: u64,
    /// Of the counters and the outputs' positions.
    pub positions: u64,
    /// Commits, up to the newest, of which not every part could be read, at most.
    pub missing: u64,
}

impl Extent {
    /// The newest commit that anything tells of.
    #[must_use]
    pub fn newest(&self) -> u64 {
        let Self { anchor, seen, queue, hosts, positions, missing: _ } = *self;
        [seen, queue, hosts, positions].into_iter().fold(anchor.unwrap_or_default(), u64::max)
    }

    /// Whether the outputs' positions are certainly the last that were committed.
    #[must_use]
    pub fn knows_positions(&self) -> bool {
        self.anchor.is_some() && self.positions == self.newest()
    }
}

/// Which commits the files have, before the engine puts them together.
pub(crate) struct Files {
    /// The tables of every keyspace have all up to this one.
    least: u64,
    /// Those in the journals: 64 MiB of journals at most.
    journals: BTreeSet<u64>,
}

impl Files {
    /// Reads the files of a mended database.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn read(data: &Path) -> Result<Self, StoreError> {
        let mut least = u64::MAX;
        for (_, path) in keyspaces(data)?.iter().filter(|(number, _)| *number != ENGINES_OWN) {
            // What cannot be read tells of none.
            let last = open_tables(path).and_then(|keyspace| last_in_tables(&keyspace)).unwrap_or_default();
            least = least.min(last);
        }
        let least = if least == u64::MAX { 0 } else { least };
        Ok(Self { least, journals: journal::numbers(data)? })
    }

    /// How far the database reaches that the engine made of them.
    pub(crate) fn reach(&self, engine: &Database, anchor: Option<u64>) -> Extent {
        let snapshot = engine.database.snapshot();
        let last = |keyspace| number_in(&snapshot, keyspace).unwrap_or_default();
        let (seen, queue) = (last(&engine.seen), last(&engine.queue));
        let (hosts, positions) = (last(&engine.hosts), last(&engine.meta));
        let reach = Extent { anchor, seen, queue, hosts, positions, missing: 0 };
        let behind = reach.newest().saturating_sub(self.least);
        let there = self.journals.iter().filter(|number| **number > self.least).count() as u64;
        Extent { missing: behind.saturating_sub(there), ..reach }
    }
}
