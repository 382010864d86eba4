//! A state directory opened to be looked at: nothing of the crawl in it is needed, and nothing in it changes.

pub(crate) mod extent;
pub(crate) mod repair;

use std::{
    fs::{self, File},
    io,
    ops::Bound,
    path::Path,
};

use bytes::Bytes;

use self::{
    extent::{Extent, Files},
    repair::mend,
};
use super::{
    database::Database,
    directory::{Directory, anchor::Anchor, identity::Identity},
    error::{damaged, of_file, with_way_out},
    keys::{self, Table},
};
use crate::{
    base::time::Wall,
    error::StoreError,
    keys::{HostKey, UrlKey},
    store::{Query, QueryResult, QueuePosition, Recovered},
};

/// Memory for reading: `store.memory` is not known here.
const MEMORY: u64 = 64 << 20;

/// A state directory, locked and opened for reading.
pub(crate) struct StateReader {
    engine: Database,
    /// The outputs its crawl began with.
    pub(crate) outputs: Vec<String>,
    /// Places that could not be read when it was mended.
    pub(crate) gaps: u64,
    /// How far what is left of a damaged one reaches.
    pub(crate) reach: Extent,
    _held: Held,
}

/// What keeps others out.
#[expect(dead_code, reason = "held until it is dropped")]
enum Held {
    Whole(Directory),
    Damaged(File),
}

/// What a scan finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoredRow {
    /// A known URL, and its outcome; empty while it is queued.
    Seen(UrlKey, Bytes),
    /// A queue entry.
    Queued(HostKey, QueuePosition, Bytes),
    /// A host's row.
    Host(HostKey, Bytes),
    /// A host in the order of its turn.
    Due(HostKey, Wall),
}

/// What a scan does at a place that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnDamage {
    /// Ends.
    Stop,
    /// Goes on behind it.
    Skip,
}

impl StateReader {
    /// Opens a state directory that must be sound.
    ///
    /// # Errors
    /// Refused when it is none or in use; damaged.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_sound(path).map_err(|error| with_way_out(error, path))
    }

    fn open_sound(path: &Path) -> Result<Self, StoreError> {
        let directory = Directory::visit(path)?;
        let engine = Database::open(&directory.data()?, MEMORY, directory.anchor.number())?;
        let (outputs, reach) = (directory.identity.outputs.clone(), Extent::default());
        Ok(Self { engine, outputs, gaps: 0, reach, _held: Held::Whole(directory) })
    }

    /// Opens what is left of one in a copy of its database, made and mended in a new folder at `copy`.
    ///
    /// # Errors
    /// When nothing of it can be read, or the copy not be made.
    pub(crate) fn open_damaged(path: &Path, copy: &Path) -> Result<Self, StoreError> {
        let (lock, identity) = Directory::visit_damaged(path)?;
        let data = copy.join("data");
        copy_folder(&path.join("data"), &data)?;
        let pattern = copy.join("pattern");
        drop(Database::open_damaged(&pattern, MEMORY)?);
        let gaps = mend(&data, &pattern)?;
        let files = Files::read(&data)?;
        let engine = Database::open_damaged(&data, MEMORY)?;
        let identity = match identity {
            Some(identity) => identity,
            None => Identity::read_copy(&engine.identity()?)?,
        };
        let reach = files.reach(&engine, Anchor::look(&path.join("anchor"), identity.crawl).ok());
        // A journal that ends too early, or is gone, shows only by what is missing.
        let gaps = if reach.missing > 0 { gaps.max(1) } else { gaps };
        Ok(Self { engine, outputs: identity.outputs, gaps, reach, _held: Held::Damaged(lock) })
    }

    /// What the last commit left.
    ///
    /// # Errors
    /// Damaged.
    pub(crate) fn recovered(&self) -> Result<Recovered, StoreError> {
        self.engine.recovered()
    }

    /// The rows that others than the frontier keep.
    ///
    /// # Errors
    /// Damaged.
    pub(crate) fn kept(&self) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        self.engine.kept()
    }

    /// Answers a question, as the store of a running crawl would.
    ///
    /// # Errors
    /// Damaged.
    pub(crate) fn query(&self, ask: &Query) -> Result<QueryResult, StoreError> {
        self.engine.query(ask)
    }

    /// Shows everything in a table, in order of its keys. Says how many places could not be read.
    ///
    /// # Errors
    /// Damaged, when that ends the scan; and what `show` says.
    pub(crate) fn scan(
        &self,
        table: Table,
        damage: OnDamage,
        mut show: impl FnMut(StoredRow) -> Result<(), StoreError>,
    ) -> Result<u64, StoreError> {
        let (mut low, mut gaps) = (Bound::Excluded(keys::NUMBER.to_vec()), 0);
        loop {
            let mut last = Vec::new();
            let result = self.engine.scan(table, low.clone(), |key, value| {
                last = key.to_vec();
                show(read(table, key, value).ok_or_else(|| damaged(&format!("a key of {table:?}")))?)
            });
            let Err(error) = result else { return Ok(gaps) };
            if damage == OnDamage::Stop || !matches!(error, StoreError::Damaged(_)) {
                return Err(error);
            }
            gaps += 1;
            match self.behind(table, &low, &last) {
                Some(next) => low = next,
                None => return Ok(gaps),
            }
        }
    }

    /// The next place behind a gap from which on a table can be read: steps that double, until one leads out of it.
    fn behind(&self, table: Table, low: &Bound<Vec<u8>>, last: &[u8]) -> Option<Bound<Vec<u8>>> {
        let from = match (last, low) {
            ([], Bound::Excluded(key) | Bound::Included(key)) => key,
            ([], Bound::Unbounded) => return None,
            (last, _) => &last.to_vec(),
        };
        let mut head = [0; 16];
        from.iter().zip(&mut head).for_each(|(byte, place)| *place = *byte);
        let from = u128::from_be_bytes(head);
        (0..128).find_map(|bits| {
            let next = Bound::Included(from.checked_add(1 << bits)?.to_be_bytes().to_vec());
            self.engine.is_readable(table, next.clone()).then_some(next)
        })
    }
}

fn read(table: Table, key: &[u8], value: Bytes) -> Option<StoredRow> {
    let host = || key.first_chunk().map(|host| HostKey(u64::from_be_bytes(*host)));
    Some(match table {
        Table::Seen => {
            let url = u64::from_be_bytes(key.get(8..)?.try_into().ok()?);
            StoredRow::Seen(UrlKey { host: host()?, url }, value)
        }
        Table::Queue => StoredRow::Queued(host()?, keys::read_place(key)?, value),
        Table::Hosts => StoredRow::Host(host()?, value),
        Table::Due => {
            let (at, host) = keys::read_due(key)?;
            StoredRow::Due(host, at)
        }
    })
}

/// Copies a file, but not that it may only be read.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    io::copy(&mut File::open(from)?, &mut File::create(to)?).map(drop)
}

/// Copies a folder over another.
fn copy_folder(from: &Path, to: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(of_file(to, &error)),
        Ok(()) | Err(_) => {}
    }
    let mut folders = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = folders.pop() {
        fs::create_dir_all(&to).map_err(|error| of_file(&to, &error))?;
        for entry in fs::read_dir(&from).map_err(|error| of_file(&from, &error))? {
            let entry = entry.map_err(|error| of_file(&from, &error))?;
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            if source.is_dir() {
                folders.push((source, target));
            } else {
                copy_file(&source, &target).map_err(|error| of_file(&source, &error))?;
            }
        }
    }
    Ok(())
}
