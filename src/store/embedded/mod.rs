//! The embedded store: a state directory with a database in it. Survives the process, and with `durability = "fsync"`
//! the loss of power.
//!
//! Damage is never silent: the commit number stands in every keyspace and in a file outside the database, so that a
//! database that lost its last commits, or all of them, is not taken for an older or a new one; and before the engine
//! opens its files, they are searched for what it would pass over: see [`audit`] and [`journal`].

pub(crate) mod check;
pub(crate) mod database;
pub(crate) mod directory;
pub(crate) mod error;
pub(crate) mod keys;
pub(crate) mod query;
pub(crate) mod salvage;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, RwLock},
};

use bytes::Bytes;

use self::{database::Database, directory::Directory, error::damaged};
use super::{Commit, Durability, Grant, Query, QueryResult, Receipt, Recovered, Store, StoreReader};
use crate::{
    base::{
        locks::{read, write},
        time::Wall,
    },
    error::StoreError,
    keys::Partition,
};

pub(crate) use self::{
    keys::Table,
    salvage::{OnDamage, StateReader, StoredRow},
};
pub(crate) use directory::Wanted;
pub(crate) use error::with_way_out;
pub use salvage::extent::Extent;

/// What a [`EmbeddedStore`] is opened with.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The state directory.
    pub(crate) path: PathBuf,
    /// What must be there.
    pub(crate) wanted: Wanted,
    /// The outputs of the crawl, as its identity names them.
    pub(crate) outputs: Vec<String>,
    /// `store.memory`, in bytes.
    pub(crate) memory: u64,
    /// What a commit survives.
    pub(crate) durability: Durability,
}

/// The writing end. Everything it has open closes with it and its views.
pub(crate) struct EmbeddedStore {
    setup: Setup,
    directory: Directory,
    database: Arc<RwLock<DatabaseState>>,
    /// The last commit known to be in the database.
    number: u64,
}

/// The reading end.
struct EmbeddedReader(Arc<RwLock<DatabaseState>>);

/// The database, or why it is closed.
enum DatabaseState {
    Open(Database),
    Closed(StoreError),
}

impl EmbeddedStore {
    /// Opens the state directory, or makes it.
    ///
    /// # Errors
    /// Refused, damaged or full, each with the way out.
    pub(crate) fn open(setup: Setup) -> Result<Self, StoreError> {
        let directory = Directory::open(&setup.path, &setup.outputs, setup.wanted);
        let directory = directory.map_err(|error| with_way_out(error, &setup.path))?;
        let engine = Self::engine(&setup, &directory).map_err(|error| with_way_out(error, &setup.path))?;
        let number = engine.number()?;
        Ok(Self { setup, directory, database: Arc::new(RwLock::new(DatabaseState::Open(engine))), number })
    }

    fn engine(setup: &Setup, directory: &Directory) -> Result<Database, StoreError> {
        let anchor = directory.anchor.number();
        let engine = Database::open(&directory.data()?, setup.memory, anchor)?;
        if anchor == 0 {
            directory.name_data()?;
        }
        Ok(engine)
    }

    /// Closes the database: after a failed write it takes no more, and what it holds is unknown until it is read anew.
    fn close(&self, why: &StoreError) {
        *write(&self.database) = DatabaseState::Closed(why.clone());
    }

    /// Opens the database again if it was closed.
    fn reopen(&mut self) -> Result<(), StoreError> {
        let mut slot = write(&self.database);
        if matches!(*slot, DatabaseState::Open(_)) {
            return Ok(());
        }
        let engine = Self::engine(&self.setup, &self.directory);
        let engine = engine.map_err(|error| with_way_out(error, &self.setup.path))?;
        let number = engine.number()?;
        if number < self.number {
            return Err(damaged(&format!("the database ends at commit {number}, but {} were made", self.number)));
        }
        log::info!(path:% = self.setup.path.display(), commit = number; "store opened again");
        self.number = number;
        *slot = DatabaseState::Open(engine);
        Ok(())
    }

    fn insert(&self, commit: &Commit) -> Result<(), StoreError> {
        let identity = self.directory.identity.encode();
        read(&self.database).engine()?.commit(commit, self.setup.durability, &identity)
    }
}

impl Store for EmbeddedStore {
    fn reader(&self) -> Box<dyn StoreReader> {
        Box::new(EmbeddedReader(self.database.clone()))
    }

    fn claim_partitions(&mut self, _now: Wall, release: &[Partition]) -> Result<Vec<Grant>, StoreError> {
        if !release.is_empty() {
            return Ok(release.iter().map(|&partition| Grant::End { partition }).collect());
        }
        let slot = read(&self.database);
        let engine = slot.engine()?;
        let grant = |partition| Ok(Grant::Begin { partition, token: 0, meta: engine.partition(partition)? });
        (0..=Partition::MAX).map(grant).collect()
    }

    fn commit(&mut self, commit: &Commit) -> Result<Receipt, StoreError> {
        self.reopen()?;
        if commit.number > self.number {
            if let Err(error) = self.insert(commit) {
                self.close(&error);
                return Err(error);
            }
            self.number = commit.number;
        }
        self.directory.anchor.advance(self.number, self.setup.durability)?;
        Ok(Receipt::default())
    }

    fn recover(&mut self) -> Result<Recovered, StoreError> {
        read(&self.database).engine()?.recovered()
    }

    fn kept(&mut self) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        read(&self.database).engine()?.kept()
    }
}

impl StoreReader for EmbeddedReader {
    fn query(&mut self, ask: &Query) -> Result<QueryResult, StoreError> {
        read(&self.0).engine()?.query(ask)
    }
}

impl DatabaseState {
    fn engine(&self) -> Result<&Database, StoreError> {
        match self {
            Self::Open(engine) => Ok(engine),
            Self::Closed(why) => Err(why.clone()),
        }
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setup, number, .. } = self;
        formatter.debug_struct("DiskStore").field("setup", setup).field("number", number).finish_non_exhaustive()
    }
}
