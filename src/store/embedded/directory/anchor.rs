//! The anchor: the number of the last commit, in a file outside the database.
//!
//! It is written after the commit. So a database that is older than its anchor has lost commits.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::durable::write_atomic;
use crate::{error::StoreError, store::durability::Durability};

/// Size of the file: the number and its checksum. Less than a sector, and the file has its block from the start, so it is
/// overwritten whole or not at all.
const SIZE: usize = 16;

/// The open file.
#[derive(Debug)]
pub(crate) struct Anchor {
    path: PathBuf,
    file: File,
    /// Id of the crawl. Seeds the checksum, so that the anchor of another state directory is not accepted.
    crawl: u64,
    number: u64,
}

impl Anchor {
    /// Writes the anchor of a new state directory, with commit number 0.
    pub(crate) fn create(path: &Path, crawl: u64) -> Result<(), StoreError> {
        write_atomic(path, &encode(0, crawl)).map_err(|error| StoreError::from_file(path, &error))
    }

    /// Opens the anchor of the crawl with this id.
    pub(crate) fn open(path: PathBuf, crawl: u64) -> Result<Self, StoreError> {
        let opened = OpenOptions::new().read(true).write(true).open(&path);
        let mut file = opened.map_err(|error| StoreError::from_file(&path, &error))?;
        let number = read(&path, &mut file, crawl)?;
        Ok(Self { path, file, crawl, number })
    }

    /// Reads the number in the anchor of the crawl with this id.
    ///
    /// # Errors
    /// If the file is missing or corrupt.
    pub(crate) fn read_number(path: &Path, crawl: u64) -> Result<u64, StoreError> {
        let mut file = File::open(path).map_err(|error| StoreError::from_file(path, &error))?;
        read(path, &mut file, crawl)
    }

    /// Returns true if an anchor has commit number 0, whatever crawl it belongs to.
    pub(crate) fn is_start(path: &Path) -> bool {
        let mut number = [1; 8];
        File::open(path).and_then(|mut file| file.read_exact(&mut number)).is_ok() && number == [0; 8]
    }

    /// Returns the number of the last commit.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Records that a commit is in the database.
    pub(crate) fn advance(&mut self, number: u64, durability: Durability) -> Result<(), StoreError> {
        if number == self.number {
            return Ok(());
        }
        self.write(number, durability).map_err(|error| StoreError::from_file(&self.path, &error))?;
        self.number = number;
        Ok(())
    }

    fn write(&self, number: u64, durability: Durability) -> io::Result<()> {
        self.file.write_all_at(&encode(number, self.crawl), 0)?;
        match durability {
            Durability::Fsync => self.file.sync_data(),
            Durability::Os => Ok(()),
        }
    }
}

fn read(path: &Path, file: &mut File, crawl: u64) -> Result<u64, StoreError> {
    let mut bytes = Vec::new();
    // One byte more than expected, so that a longer file is noticed.
    let read = file.take(SIZE as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| StoreError::from_file(path, &error))?;
    let number = bytes.first_chunk().map(|number| u64::from_be_bytes(*number)).unwrap_or_default();
    if bytes == encode(number, crawl) { Ok(number) } else { Err(StoreError::corrupt_file(path)) }
}

fn encode(number: u64, crawl: u64) -> [u8; SIZE] {
    let number = number.to_be_bytes();
    let checksum = xxh3_64_with_seed(&number, crawl).to_be_bytes();
    let mut both = number.into_iter().chain(checksum);
    std::array::from_fn(|_| both.next().unwrap_or_default())
}
