//! The lock of a state directory: one process uses it at a time.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

use crate::error::StoreError;

/// Locks a directory for a crawl.
///
/// # Errors
/// Refused if another process has the lock; errors of the file system.
pub(crate) fn for_crawl(path: &Path) -> Result<File, StoreError> {
    lock(path, open(path))
}

/// Locks a state directory whose database is opened in place.
///
/// # Errors
/// Like [`for_crawl`]; also refused if the directory is read-only.
pub(crate) fn for_reading(path: &Path) -> Result<File, StoreError> {
    match open(path) {
        Err(error) if is_read_only(&error) => {
            let shown = path.display();
            Err(StoreError::refused(format!(
                "`{shown}` is not writable ({error}), which the database requires even for reading; copy the directory, \
                 or run `lycosa state salvage {shown} NEW`, which reads a copy"
            )))
        }
        opened => lock(path, opened),
    }
}

/// Locks a state directory that is copied, which may be read-only.
///
/// # Errors
/// Like [`for_crawl`].
pub(crate) fn for_copying(path: &Path) -> Result<File, StoreError> {
    match open(path) {
        Err(error) if is_read_only(&error) => lock(path, File::open(path.join("lock"))),
        opened => lock(path, opened),
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path.join("lock"))
}

fn lock(path: &Path, opened: io::Result<File>) -> Result<File, StoreError> {
    let file = path.join("lock");
    let lock = opened.map_err(|error| StoreError::from_file(&file, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::refused(format!(
            "`{}` is in use by another process; stop that process, or use another directory",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(StoreError::from_file(&file, &error)),
    }
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}
