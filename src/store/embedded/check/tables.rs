//! The tables, read whole before the engine reads of them: a block of one may be read in months, or never, and a crawl with
//! a part of its past gone is not to be taken for whole until then.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use lsm_tree::{AbstractTree, AnyTree};
use xxhash_rust::xxh3::Xxh3Default;

use crate::{
    error::StoreError,
    store::embedded::error::{not_written, of_file},
};

/// Bytes read of them at a start, at most (2 GiB, about 30 million URLs): a second or two. What is in larger ones is checked
/// where it is read: each block has its checksum, too.
const READ_AT_START: u64 = 2 << 30;

/// Bytes read at once.
const CHUNK: usize = 256 << 10;

/// A table, as its keyspace lists it.
#[derive(Debug)]
pub(crate) struct TableFile {
    bytes: u64,
    path: PathBuf,
    /// XXH3 of all of it, 128 bits, as its keyspace's list of tables has it.
    checksum: u128,
}

/// The tables of a keyspace.
pub(crate) fn of(keyspace: &AnyTree) -> Vec<TableFile> {
    let version = keyspace.current_version();
    let tables = version.iter_tables().map(|table| {
        let (bytes, path) = (table.metadata.file_size, table.path.as_ref().clone());
        TableFile { bytes, path, checksum: table.checksum().into_u128() }
    });
    tables.collect()
}

/// Checks that tables are what was written, small ones first, as long as they are not more than a start may read.
///
/// # Errors
/// Damaged when one is not.
pub(crate) fn check(mut tables: Vec<TableFile>) -> Result<(), StoreError> {
    tables.sort_by_key(|table| table.bytes);
    let (mut buffer, mut left) = (vec![0; CHUNK], READ_AT_START);
    for (index, table) in tables.iter().enumerate() {
        let Some(rest) = left.checked_sub(table.bytes) else {
            log::info!(checked = index, of = tables.len(); "the largest tables are checked where they are read");
            break;
        };
        left = rest;
        if checksum(&table.path, &mut buffer)? != table.checksum {
            return Err(not_written(&table.path));
        }
    }
    Ok(())
}

fn checksum(path: &Path, buffer: &mut [u8]) -> Result<u128, StoreError> {
    let failed = |error| of_file(path, &error);
    let (mut file, mut hash) = (File::open(path).map_err(failed)?, Xxh3Default::new());
    loop {
        let count = file.read(buffer).map_err(failed)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { return Ok(hash.digest128()) };
        hash.update(bytes);
    }
}
