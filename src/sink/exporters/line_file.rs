//! A file that is appended to line by line.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    os::unix::fs::FileTypeExt as _,
    path::{Path, PathBuf},
};

use log::warn;
use memchr::memrchr;
use serde::de::IgnoredAny;

use super::file_position::FilePosition;
use crate::sink::exporter::{ExportError, Position};

/// Bytes read at first in search of the last line.
const FIRST_READ: u64 = 64 << 10;

/// Maximum length of the last line, in bytes (64 MiB); a file that ends in a longer one was not written by us.
const MAX_LAST_LINE: u64 = 64 << 20;

/// An open file of lines: regular and locked, or a pipe, terminal or device.
#[derive(Debug)]
pub(super) struct LineFile {
    path: PathBuf,
    file: File,
    /// Whether it can be truncated: not a pipe, terminal or device.
    is_regular: bool,
    /// Whether it has content that is not synced.
    is_dirty: bool,
    /// Whether its directory is synced, so that its name survives a loss of power.
    is_directory_synced: bool,
}

impl LineFile {
    /// Opens the file for appending; creates it if it does not exist.
    ///
    /// # Errors
    /// If it cannot be opened, or another process writes it.
    pub(super) fn open(path: &Path) -> Result<Self, ExportError> {
        let open = || -> io::Result<Self> {
            let is_regular = fs::metadata(path).map_or(true, |file| file.is_file());
            if !is_regular && fs::metadata(path).is_ok_and(|file| file.file_type().is_fifo()) {
                log::info!(path:% = path.display(); "opening pipe; this waits for its reader");
            }
            // With a pipe open for reading too, the writer would never notice that its reader is gone.
            let file = OpenOptions::new().append(true).read(is_regular).create(is_regular).open(path)?;
            // Two writers would truncate each other's records. Some file systems have no locks; there it works without.
            if is_regular && matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
                return Err(ErrorKind::ResourceBusy.into());
            }
            Ok(Self { path: path.to_owned(), file, is_regular, is_dirty: true, is_directory_synced: false })
        };
        open().map_err(|error| with_path(path, &error))
    }

    /// Returns true if the file can be truncated.
    pub(super) fn is_regular(&self) -> bool {
        self.is_regular
    }

    /// Appends lines and removes them from the buffer.
    ///
    /// # Errors
    /// If not all of them were written. The buffer then has exactly what is not in the file, and the file ends with a whole
    /// line if it can be truncated.
    pub(super) fn append(&mut self, lines: &mut Vec<u8>) -> Result<(), ExportError> {
        self.is_dirty = true;
        let mut written = 0;
        while let Some(rest) = lines.get(written..).filter(|rest| !rest.is_empty()) {
            let error = match self.file.write(rest) {
                Ok(0) => ErrorKind::WriteZero.into(),
                Ok(count) => {
                    written += count;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => error,
            };
            self.keep_whole_lines(lines, written);
            return Err(with_path(&self.path, &error));
        }
        lines.clear();
        Ok(())
    }

    /// Removes the torn line after a failed write, and from the buffer what is left in the file.
    fn keep_whole_lines(&mut self, lines: &mut Vec<u8>, written: usize) {
        let whole = memrchr(b'\n', lines.get(..written).unwrap_or_default()).map_or(0, |newline| newline + 1);
        let torn = (written - whole) as u64;
        // If the torn line cannot be removed, the next attempt writes the rest of it.
        let in_file = if torn > 0 && self.shorten(torn).is_ok() { whole } else { written };
        lines.drain(..in_file);
    }

    fn shorten(&mut self, bytes: u64) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        self.file.set_len(length.saturating_sub(bytes))
    }

    /// Waits until content and name are on the disk.
    pub(super) fn sync(&mut self) -> Result<(), ExportError> {
        let mut sync = || -> io::Result<()> {
            if self.is_dirty {
                self.file.sync_data()?;
                self.is_dirty = false;
            }
            if !self.is_directory_synced {
                let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
                File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
                self.is_directory_synced = true;
            }
            Ok(())
        };
        let result = sync();
        result.map_err(|error| with_path(&self.path, &error))
    }

    /// Returns the position of the end.
    pub(super) fn end(&mut self) -> Result<Position, ExportError> {
        FilePosition::end_of(&self.path, &mut self.file).map_err(|error| with_path(&self.path, &error))?.encode()
    }

    /// Removes everything after a position.
    ///
    /// # Errors
    /// Like [`FilePosition::truncate`].
    pub(super) fn truncate_to_position(&mut self, position: &FilePosition) -> Result<(), ExportError> {
        position.truncate(&self.path, &mut self.file)
    }

    /// Removes everything after `length` bytes.
    pub(super) fn truncate(&mut self, length: u64) -> Result<(), ExportError> {
        self.file.set_len(length).map_err(|error| with_path(&self.path, &error))
    }

    /// Returns the length of the file without a torn last line, as a killed process leaves it.
    ///
    /// If the last line is a whole JSON value, only its line break is missing, and is added.
    pub(super) fn end_last_line(&mut self) -> Result<u64, ExportError> {
        let result = self.file.metadata().and_then(|file| Ok((file.len(), self.last_line(file.len())?)));
        let (length, last_line) = result.map_err(|error| with_path(&self.path, &error))?;
        if last_line.is_empty() {
            return Ok(length);
        }
        if serde_json::from_slice::<IgnoredAny>(&last_line).is_ok() {
            self.file.write_all(b"\n").map_err(|error| with_path(&self.path, &error))?;
            return Ok(length + 1);
        }
        let torn = last_line.len() as u64;
        let shown = self.path.display();
        if torn >= MAX_LAST_LINE {
            let message =
                format!("`{shown}` is not a file of lines: its last 64 MiB have no line break; name another file");
            return Err(message.into());
        }
        warn!(path:% = shown, bytes = torn; "removed a torn last line");
        Ok(length - torn)
    }

    /// Returns what is after the last line break, up to [`MAX_LAST_LINE`].
    fn last_line(&mut self, length: u64) -> io::Result<Vec<u8>> {
        let mut read = FIRST_READ;
        loop {
            let start = length.saturating_sub(read);
            let mut tail = Vec::new();
            self.file.seek(SeekFrom::Start(start))?;
            (&self.file).take(length - start).read_to_end(&mut tail)?;
            if let Some(newline) = memrchr(b'\n', &tail) {
                return Ok(tail.split_off(newline + 1));
            }
            if start == 0 || read >= MAX_LAST_LINE {
                return Ok(tail);
            }
            read *= 4;
        }
    }
}

/// Returns the error with the path, and the way out if there is one.
fn with_path(path: &Path, error: &io::Error) -> ExportError {
    let shown = path.display();
    match error.kind() {
        ErrorKind::NotFound => format!("`{shown}`: directory does not exist; create it first").into(),
        ErrorKind::ResourceBusy => {
            format!("`{shown}` is locked by another crawl: stop that crawl, or name another file").into()
        }
        // The kind tells a full disk from other errors.
        kind => io::Error::new(kind, format!("`{shown}`: {error}")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_has_one_writer_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.jsonl");
        let first = LineFile::open(&path).unwrap();
        let refused = LineFile::open(&path).unwrap_err().to_string();
        assert!(refused.contains("locked by another crawl"), "{refused}");
        drop(first);
        LineFile::open(&path).unwrap();
    }

    #[test]
    fn torn_write_leaves_whole_lines() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.jsonl");
        let mut file = LineFile::open(&path).unwrap();
        let mut lines = b"{}\n{\"a\":1}\n".to_vec();
        file.file.write_all(&lines[..6]).unwrap();
        file.keep_whole_lines(&mut lines, 6);
        assert_eq!((fs::read(&path).unwrap(), lines), (b"{}\n".to_vec(), b"{\"a\":1}\n".to_vec()));
    }

    #[test]
    fn missing_directory_is_named() {
        let error = LineFile::open(Path::new("/nowhere/at/all.jsonl")).unwrap_err().to_string();
        assert!(error.contains("directory does not exist"), "{error}");
    }
}
