//! Reads tables whole and compares their checksums.
//!
//! fjall checks each block when it reads it. But a block may be read months later, or never, and until then a crawl that
//! lost a part of its past would be taken for whole.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use lsm_tree::{AbstractTree, AnyTree};
use xxhash_rust::xxh3::Xxh3Default;

use crate::error::StoreError;

/// Maximum number of bytes read at a start (2 GiB, about 30 million URLs), which takes one or two seconds.
const MAX_READ: u64 = 2 << 30;

/// Size of a read, in bytes.
const CHUNK: usize = 256 << 10;

/// A table file, as its keyspace lists it.
#[derive(Debug)]
pub(crate) struct TableFile {
    /// Size, in bytes.
    size: u64,
    path: PathBuf,
    /// XXH3 of the whole file, 128 bits.
    checksum: u128,
}

impl TableFile {
    /// Returns the tables of a keyspace.
    pub(crate) fn list(keyspace: &AnyTree) -> Vec<Self> {
        let version = keyspace.current_version();
        let tables = version.iter_tables().map(|table| {
            let (size, path) = (table.metadata.file_size, table.path.as_ref().clone());
            Self { size, path, checksum: table.checksum().into_u128() }
        });
        tables.collect()
    }
}

/// Checks tables, smallest first, up to [`MAX_READ`] bytes. The blocks of the others are checked when they are read.
///
/// # Errors
/// Damaged if a table is corrupt.
pub(crate) fn check_tables(mut tables: Vec<TableFile>) -> Result<(), StoreError> {
    tables.sort_by_key(|table| table.size);
    let (mut buffer, mut left) = (vec![0; CHUNK], MAX_READ);
    for (index, table) in tables.iter().enumerate() {
        let Some(rest) = left.checked_sub(table.size) else {
            log::info!(checked = index, tables = tables.len(); "largest tables not checked at start");
            break;
        };
        left = rest;
        if checksum(&table.path, &mut buffer)? != table.checksum {
            return Err(StoreError::corrupt_file(&table.path));
        }
    }
    Ok(())
}

fn checksum(path: &Path, buffer: &mut [u8]) -> Result<u128, StoreError> {
    let failed = |error| StoreError::from_file(path, &error);
    let (mut file, mut hash) = (File::open(path).map_err(failed)?, Xxh3Default::new());
    loop {
        let count = file.read(buffer).map_err(failed)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { return Ok(hash.digest128()) };
        hash.update(bytes);
    }
}
