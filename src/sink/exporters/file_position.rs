//! How far a file reaches: enough to cut it back to exactly there, and to refuse when it is not the file that was left.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use log::info;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::sink::{ExportError, Position};

/// The first byte of every position; another one is another format.
const VERSION: u8 = 1;

/// Bytes before the end that the checksum covers, at most.
const COVERED: u64 = 4096;

/// What a commit says of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FilePosition {
    /// Its name, without the directory: outputs may be moved, together with the state or not.
    name: String,
    /// Its length, in bytes.
    length: u64,
    /// XXH3 of the last 4 KiB before that length.
    checksum: u64,
}

impl FilePosition {
    /// The end of `file` as it is now.
    pub(crate) fn end_of(path: &Path, file: &mut File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { name: name(path), length, checksum: checksum(file, length)? })
    }

    /// As it is kept with a commit.
    pub(crate) fn encode(&self) -> Result<Position, ExportError> {
        Ok(Position(postcard::to_extend(self, vec![VERSION])?.into()))
    }

    /// As it was kept.
    pub(crate) fn decode(Position(bytes): &Position) -> Result<Self, ExportError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Ok(postcard::from_bytes(rest)?),
            Some(_) | None => {
                Err("the state directory notes how far this output reaches in a format that this version \
                                   does not know: go on with the version that wrote it"
                    .into())
            }
        }
    }

    /// Its length, in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Whether nothing had been written.
    pub(crate) fn is_start(&self) -> bool {
        self.length == 0
    }

    /// Cuts what was written after the position.
    ///
    /// # Errors
    /// When the file has another name, is shorter, or differs before the position: then it is not touched.
    pub(crate) fn cut(&self, path: &Path, file: &mut File) -> Result<(), ExportError> {
        let shown = path.display();
        if self.name != name(path) {
            return Err(format!(
                "the crawl in this state directory writes to `{}`, not to `{shown}`: name that file, or start anew with \
                 another state directory",
                self.name
            )
            .into());
        }
        let length = file.metadata()?.len();
        let foreign = |what: String| -> ExportError {
            format!(
                "`{shown}` {what}: put back the file that the crawl left, or start anew with another state directory \
                 and another file"
            )
            .into()
        };
        if length < self.length {
            return Err(foreign(format!("has {length} bytes, but {} were committed", self.length)));
        }
        if checksum(file, self.length)? != self.checksum {
            return Err(foreign(format!("differs from what was committed before byte {}", self.length)));
        }
        if length > self.length {
            file.set_len(self.length)?;
            info!(path:% = shown, bytes = length - self.length; "cut back to the last commit");
        }
        Ok(())
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The checksum of what stands before `end`.
fn checksum(file: &mut File, end: u64) -> io::Result<u64> {
    let start = end.saturating_sub(COVERED);
    let mut covered = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    file.take(end - start).read_to_end(&mut covered)?;
    Ok(xxh3_64(&covered))
}
