//! The anchor: the number of the last commit, outside the database, written after the commit it names. A database that is
//! older than its anchor has lost something.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::durable::write_new;
use crate::{
    error::StoreError,
    store::{
        Durability,
        embedded::error::{not_written, of_file},
    },
};

/// The number and its checksum: less than a sector, so that it is overwritten whole, in a block that the file has.
const SIZE: usize = 16;

/// The file, open.
#[derive(Debug)]
pub(crate) struct Anchor {
    path: PathBuf,
    file: File,
    /// Told apart from the anchors of other state directories.
    crawl: u64,
    number: u64,
}

impl Anchor {
    /// Writes the anchor of a new state directory: nothing is committed.
    pub(crate) fn create(path: &Path, crawl: u64) -> Result<(), StoreError> {
        write_new(path, &encode(0, crawl)).map_err(|error| of_file(path, &error))
    }

    /// Opens the anchor of the crawl with this id.
    pub(crate) fn open(path: PathBuf, crawl: u64) -> Result<Self, StoreError> {
        let opened = OpenOptions::new().read(true).write(true).open(&path);
        let mut file = opened.map_err(|error| of_file(&path, &error))?;
        let number = read(&path, &mut file, crawl)?;
        Ok(Self { path, file, crawl, number })
    }

    /// The number that the anchor of the crawl with this id has.
    ///
    /// # Errors
    /// When it is gone, or not what was written.
    pub(crate) fn look(path: &Path, crawl: u64) -> Result<u64, StoreError> {
        let mut file = File::open(path).map_err(|error| of_file(path, &error))?;
        read(path, &mut file, crawl)
    }

    /// Whether an anchor says that nothing is committed, whatever crawl it belongs to.
    pub(crate) fn is_start(path: &Path) -> bool {
        let mut number = [1; 8];
        File::open(path).and_then(|mut file| file.read_exact(&mut number)).is_ok() && number == [0; 8]
    }

    /// The number it has.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Notes that a commit is in the database.
    pub(crate) fn advance(&mut self, number: u64, durability: Durability) -> Result<(), StoreError> {
        if number == self.number {
            return Ok(());
        }
        self.write(number, durability).map_err(|error| of_file(&self.path, &error))?;
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
    // A byte more than there should be, so that a longer file shows.
    let read = file.take(SIZE as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| of_file(path, &error))?;
    let number = bytes.first_chunk().map(|number| u64::from_be_bytes(*number)).unwrap_or_default();
    if bytes == encode(number, crawl) { Ok(number) } else { Err(not_written(path)) }
}

fn encode(number: u64, crawl: u64) -> [u8; SIZE] {
    let number = number.to_be_bytes();
    let checksum = xxh3_64_with_seed(&number, crawl).to_be_bytes();
    let mut both = number.into_iter().chain(checksum);
    std::array::from_fn(|_| both.next().unwrap_or_default())
}
