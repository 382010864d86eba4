//! Position in a file: enough to truncate the file to it, and to refuse a different file.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use bytes::Bytes;
use log::info;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::sink::exporter::{ExportError, Position};

/// Version of the format: the first byte of every position.
const VERSION: u8 = 1;

/// Maximum number of bytes before the position that the checksum covers.
const COVERED: u64 = 4096;

/// Position of an output file, as stored with a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FilePosition {
    /// Name of the file, without its directory, because outputs may be moved.
    name: String,
    /// Length of the file, in bytes.
    length: u64,
    /// XXH3 of the last 4 KiB before `length`.
    checksum: u64,
}

impl FilePosition {
    /// Returns the position of the current end of `file`.
    pub(crate) fn end_of(path: &Path, file: &mut File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { name: name(path), length, checksum: checksum(file, length)? })
    }

    /// Returns the stored form.
    pub(crate) fn encode(&self) -> Result<Position, ExportError> {
        Ok(Position(postcard::to_extend(self, vec![VERSION])?.into()))
    }

    /// Reads the stored form.
    pub(crate) fn decode(Position(bytes): &Position) -> Result<Self, ExportError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Ok(postcard::from_bytes(rest)?),
            Some(_) | None => {
                Err("this version cannot read the output position in the state directory: resume with the version \
                     that wrote it"
                    .into())
            }
        }
    }

    /// Returns the length of the file, in bytes.
    fn length(&self) -> u64 {
        self.length
    }

    /// Returns true if the file was empty.
    pub(crate) fn is_start(&self) -> bool {
        self.length == 0
    }

    /// Removes everything after the position.
    ///
    /// # Errors
    /// If the file has another name, is shorter, or differs before the position; it is then unchanged.
    pub(crate) fn truncate(&self, path: &Path, file: &mut File) -> Result<(), ExportError> {
        let shown = path.display();
        if self.name != name(path) {
            return Err(format!(
                "the crawl in this state directory writes to `{}`, not to `{shown}`: name that file, or start again with \
                 another state directory",
                self.name
            )
            .into());
        }
        let length = file.metadata()?.len();
        let foreign = |what: String| -> ExportError {
            format!(
                "`{shown}` {what}: restore the file that the crawl left, or start again with another state directory and \
                 another file"
            )
            .into()
        };
        if length < self.length {
            return Err(foreign(format!("has {length} bytes, but {} were committed", self.length)));
        }
        if checksum(file, self.length)? != self.checksum {
            return Err(foreign(format!("differs from the committed content before byte {}", self.length)));
        }
        if length > self.length {
            file.set_len(self.length)?;
            info!(path:% = shown, bytes = length - self.length; "truncated to the last commit");
        }
        Ok(())
    }
}

/// Returns the length of the file at a stored position; `None` if it is not a position in a file.
pub(crate) fn file_length(position: &Bytes) -> Option<u64> {
    FilePosition::decode(&Position(position.clone())).ok().map(|position| position.length())
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Returns the checksum of the content before `end`.
fn checksum(file: &mut File, end: u64) -> io::Result<u64> {
    let start = end.saturating_sub(COVERED);
    let mut covered = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(end - start).read_to_end(&mut covered)?;
    Ok(xxh3_64(&covered))
}
