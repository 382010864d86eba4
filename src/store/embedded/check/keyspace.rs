//! Keyspaces of a database: their directories, and the list of tables that each of them currently has.
//!
//! Format of a keyspace's directory: files `v0`, `v1` .. are lists of tables. `current` names one of them: its number (8
//! bytes, little-endian), its XXH3 (16 bytes) and a zero byte. `tables/` has the tables.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use lsm_tree::{AbstractTree, AnyTree, Config, SeqNo};
use xxhash_rust::xxh3::xxh3_128;

use crate::{
    error::StoreError,
    store::embedded::{
        database::decode_number,
        error::{catch_panic, from_fjall},
        keys,
    },
};

/// Number of the keyspace in which fjall keeps the names of the others.
pub(crate) const FJALL_KEYSPACE: u64 = 0;

/// Maximum size of a list of tables, in bytes (64 MiB).
const MAX_VERSION: u64 = 64 << 20;

/// Returns the directories of the keyspaces, sorted by number.
pub(crate) fn keyspaces(data: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let parent = data.join("keyspaces");
    let failed = |error| StoreError::from_file(&parent, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(&parent).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.parse().ok());
        found.push((number.ok_or_else(|| StoreError::corrupt_file(&path))?, path));
    }
    found.sort();
    Ok(found)
}

/// Checks the current list of tables of a keyspace by its checksum, which fjall writes but does not compare.
///
/// # Errors
/// Damaged if the list, or the file that names it, is missing or corrupt.
pub(crate) fn check_version(keyspace: &Path) -> Result<(), StoreError> {
    let path = keyspace.join("current");
    let current = read_version(&path)?;
    let number = current.first_chunk().map(|number| u64::from_le_bytes(*number));
    let number = number.ok_or_else(|| StoreError::corrupt_file(&path))?;
    let version = read_version(&keyspace.join(format!("v{number}")))?;
    if current == encode_current(number, &version) { Ok(()) } else { Err(StoreError::corrupt_file(&path)) }
}

/// Encodes the file `current` that names the list of tables with this number and content.
pub(crate) fn encode_current(number: u64, version: &[u8]) -> Vec<u8> {
    [&number.to_le_bytes()[..], &xxh3_128(version).to_le_bytes(), &[0]].concat()
}

/// Reads a list of tables, or the file that names it.
pub(crate) fn read_version(path: &Path) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_VERSION).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| StoreError::from_file(path, &error))
}

/// Opens the tables of a keyspace, without the journals.
pub(crate) fn open_tables(keyspace: &Path) -> Result<AnyTree, StoreError> {
    catch_panic(|| Ok(Config::new(keyspace, Default::default(), Default::default()).open()?))
}

/// Returns the last commit in the tables of a keyspace; 0 if there is none.
pub(crate) fn last_commit(tables: &AnyTree) -> Result<u64, StoreError> {
    match tables.get(keys::NUMBER, SeqNo::MAX).map_err(|error| from_fjall(&error.into()))? {
        Some(bytes) => decode_number(&bytes),
        None => Ok(0),
    }
}
