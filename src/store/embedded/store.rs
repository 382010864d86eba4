//! The store of a running crawl.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, RwLock},
};

use bytes::Bytes;

use super::{database::Database, directory::StateDirectory};
use crate::{
    base::{
        locks::{read, write},
        time::Wall,
    },
    error::StoreError,
    keys::Partition,
    store::{
        commit::{Commit, Receipt, Recovered},
        durability::Durability,
        engine::OpenMode,
        query::{Query, QueryResult},
        traits::{Grant, Store, StoreReader},
    },
};

/// Number of commits after which the permissions of new files are checked.
const COMMITS_PER_CHECK: u64 = 64;

/// Settings of an embedded store.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// State directory.
    pub(crate) path: PathBuf,
    /// `store.memory`, in bytes.
    pub(crate) memory: u64,
    /// Failures that a commit survives.
    pub(crate) durability: Durability,
}

/// Writing handle. The database is closed when this and all readers are dropped.
pub(crate) struct EmbeddedStore {
    setup: Setup,
    directory: StateDirectory,
    database: Arc<RwLock<DatabaseState>>,
    /// Last commit known to be in the database.
    number: u64,
    /// Number of commits by this process.
    commits: u64,
}

/// Reading handle.
struct EmbeddedReader(Arc<RwLock<DatabaseState>>);

/// The open database, or the error that closed it.
enum DatabaseState {
    Open(Database),
    Closed(StoreError),
}

impl EmbeddedStore {
    /// Opens the state directory of the crawl with these outputs, or creates it.
    ///
    /// # Errors
    /// Refused, damaged or full; the message includes the way out.
    pub(crate) fn open(setup: Setup, mode: OpenMode, outputs: &[String]) -> Result<Self, StoreError> {
        let directory = StateDirectory::open(&setup.path, outputs, mode);
        let directory = directory.map_err(|error| error.with_way_out(&setup.path))?;
        let database = open_database(&setup, &directory)?;
        let number = database.number()?;
        Ok(Self {
            setup,
            directory,
            database: Arc::new(RwLock::new(DatabaseState::Open(database))),
            number,
            commits: 0,
        })
    }

    /// Closes the database after a failed write: fjall accepts no more writes then, and only reading the files again shows
    /// what they hold.
    pub(super) fn close(&self, cause: &StoreError) {
        *write(&self.database) = DatabaseState::Closed(cause.clone());
    }

    /// Reopens the database if it was closed.
    fn reopen(&mut self) -> Result<(), StoreError> {
        let mut state = write(&self.database);
        if matches!(*state, DatabaseState::Open(_)) {
            return Ok(());
        }
        let database = open_database(&self.setup, &self.directory)?;
        let number = database.number()?;
        if number < self.number {
            return Err(StoreError::damaged(format!(
                "the database ends at commit {number}, but {} were made",
                self.number
            )));
        }
        log::info!(path:% = self.setup.path.display(), commit = number; "store reopened");
        self.number = number;
        *state = DatabaseState::Open(database);
        Ok(())
    }

    fn write(&mut self, commit: &Commit) -> Result<(), StoreError> {
        let stores_identity = commit.number == 1 || self.directory.identity.is_old();
        self.directory.upgrade()?;
        let identity = stores_identity.then(|| self.directory.identity.encode());
        read(&self.database).get()?.commit(commit, self.setup.durability, identity.as_deref())
    }

    /// Runs `body` on the open database.
    #[cfg(test)]
    pub(super) fn with_database<T>(&self, body: impl FnOnce(&Database) -> T) -> T {
        body(read(&self.database).get().expect("the database is open"))
    }
}

fn open_database(setup: &Setup, directory: &StateDirectory) -> Result<Database, StoreError> {
    let open = |anchor| -> Result<Database, StoreError> {
        let database = Database::open(&directory.data()?, setup.memory, anchor)?;
        if anchor == 0 {
            directory.sync_data_names()?;
        }
        Ok(database)
    };
    open(directory.anchor.number()).map_err(|error| error.with_way_out(&setup.path))
}

impl Store for EmbeddedStore {
    fn reader(&self) -> Box<dyn StoreReader> {
        Box::new(EmbeddedReader(self.database.clone()))
    }

    fn claim_partitions(&mut self, _now: Wall, release: &[Partition]) -> Result<Vec<Grant>, StoreError> {
        if !release.is_empty() {
            return Ok(release.iter().map(|&partition| Grant::End { partition }).collect());
        }
        let state = read(&self.database);
        let database = state.get()?;
        let grant = |partition| Ok(Grant::Begin { partition, token: 0, meta: database.partition(partition)? });
        (0..=Partition::MAX).map(grant).collect()
    }

    fn commit(&mut self, commit: &Commit) -> Result<Receipt, StoreError> {
        self.reopen()?;
        if commit.number > self.number {
            if let Err(error) = self.write(commit) {
                self.close(&error);
                return Err(error);
            }
            self.number = commit.number;
        }
        if self.commits.is_multiple_of(COMMITS_PER_CHECK) {
            self.directory.make_private();
        }
        self.commits += 1;
        self.directory.anchor.advance(self.number, self.setup.durability)?;
        Ok(Receipt::default())
    }

    fn recover(&mut self) -> Result<Recovered, StoreError> {
        read(&self.database).get()?.recovered()
    }

    fn side_rows(&mut self) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        read(&self.database).get()?.side_rows()
    }
}

impl StoreReader for EmbeddedReader {
    fn query(&mut self, query: &Query) -> Result<QueryResult, StoreError> {
        read(&self.0).get()?.query(query)
    }
}

impl DatabaseState {
    fn get(&self) -> Result<&Database, StoreError> {
        match self {
            Self::Open(database) => Ok(database),
            Self::Closed(cause) => Err(cause.clone()),
        }
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.directory.make_private();
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setup, number, .. } = self;
        formatter.debug_struct("EmbeddedStore").field("setup", setup).field("number", number).finish_non_exhaustive()
    }
}
