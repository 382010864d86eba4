//! A state directory open for tools.

use std::{fs::File, ops::Bound, path::Path};

use bytes::Bytes;

use super::{database::Database, directory::StateDirectory, keys};
use crate::{
    error::{Error, Result, StoreError},
    store::{
        commit::Recovered,
        inspect::{Inspect, OnDamage, StoredRow, Table},
        query::{Query, QueryResult},
    },
};

/// Memory for reading, in bytes (64 MiB); `store.memory` is not known here.
pub(crate) const READER_MEMORY: u64 = 64 << 20;

/// A state directory, locked and open for reading.
pub(crate) struct StateReader {
    database: Database,
    outputs: Vec<String>,
    /// Released after the database is closed.
    _lock: File,
}

/// Opens a state directory for tools.
///
/// # Errors
/// Refused if it is not a state directory or in use; damaged. The message includes the way out.
pub(crate) fn open_directory(path: &Path) -> Result<Box<dyn Inspect>, StoreError> {
    let open = || {
        let directory = StateDirectory::open_existing(path)?;
        let database = Database::open(&directory.data()?, READER_MEMORY, directory.anchor.number())?;
        let outputs = directory.identity.outputs.clone();
        Ok(StateReader::new(database, outputs, directory.into_lock()))
    };
    let reader = open().map_err(|error: StoreError| error.with_way_out(path))?;
    Ok(Box::new(reader))
}

impl StateReader {
    /// Creates a reader of an open database, which keeps others out by `lock`.
    pub(crate) fn new(database: Database, outputs: Vec<String>, lock: File) -> Self {
        Self { database, outputs, _lock: lock }
    }

    /// Finds a position after a gap from which a table can be read, in steps that double.
    fn skip_gap(&self, table: Table, low: &Bound<Vec<u8>>, last: &[u8]) -> Option<Bound<Vec<u8>>> {
        let from: &[u8] = match (last, low) {
            ([], Bound::Excluded(key) | Bound::Included(key)) => key,
            ([], Bound::Unbounded) => return None,
            (last, _) => last,
        };
        let mut head = [0; 16];
        from.iter().zip(&mut head).for_each(|(byte, target)| *target = *byte);
        let from = u128::from_be_bytes(head);
        (0..128).find_map(|bits| {
            let next = Bound::Included(from.checked_add(1 << bits)?.to_be_bytes().to_vec());
            self.database.is_readable(table, next.clone()).then_some(next)
        })
    }
}

impl Inspect for StateReader {
    fn outputs(&self) -> &[String] {
        &self.outputs
    }

    fn recovered(&self) -> Result<Recovered, StoreError> {
        self.database.recovered()
    }

    fn query(&self, query: &Query) -> Result<QueryResult, StoreError> {
        self.database.query(query)
    }

    fn side_rows(&self) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        self.database.side_rows()
    }

    fn scan(&self, table: Table, on_damage: OnDamage, each: &mut dyn FnMut(StoredRow) -> Result<()>) -> Result<u64> {
        let (mut low, mut gaps) = (first(table), 0);
        loop {
            let mut last = Vec::new();
            let scanned = self.database.scan(table, low.clone(), |key, value| {
                last = key.to_vec();
                each(decode(table, key, value).ok_or_else(|| StoreError::corrupt(format_args!("a key of {table:?}")))?)
            });
            match (scanned, on_damage) {
                (Ok(()), _) => return Ok(gaps),
                (Err(Error::Store(StoreError::Damaged(_))), OnDamage::Skip) => gaps += 1,
                (Err(error), _) => return Err(error),
            }
            match self.skip_gap(table, &low, &last) {
                Some(next) => low = next,
                None => return Ok(gaps),
            }
        }
    }
}

/// Returns where the rows of a table begin. Those of a table that shares its keyspace come last in it.
fn first(table: Table) -> Bound<Vec<u8>> {
    match table {
        Table::Aside => Bound::Included(keys::ASIDE.to_vec()),
        Table::Seen | Table::Queue | Table::Hosts | Table::Due => Bound::Excluded(keys::NUMBER.to_vec()),
    }
}

fn decode(table: Table, key: &[u8], value: Bytes) -> Option<StoredRow> {
    Some(match table {
        Table::Seen => StoredRow::Seen(keys::read_url(key)?, value),
        Table::Queue => StoredRow::Queued(keys::read_host(key)?, keys::read_position(key)?, value),
        Table::Aside => StoredRow::Aside(keys::read_aside(key)?, value),
        Table::Hosts => StoredRow::Host(keys::read_host(key)?, value),
        Table::Due => {
            let (at, host) = keys::read_due(key)?;
            StoredRow::Due(host, at)
        }
    })
}
