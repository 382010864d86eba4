//! The lock of a state directory: one process uses it at a time.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

use crate::{
    error::StoreError,
    store::embedded::error::{of_file, refused},
};

/// Locks a directory for a crawl.
///
/// # Errors
/// Refused when another process has it; the file system's.
pub(crate) fn to_write(path: &Path) -> Result<File, StoreError> {
    locked(path, open_lock(path))
}

/// Locks a state directory that is opened where it is.
///
/// # Errors
/// The same, and refused when it can only be read.
pub(crate) fn to_open(path: &Path) -> Result<File, StoreError> {
    match open_lock(path) {
        Err(error) if is_read_only(&error) => {
            let shown = path.display();
            Err(refused(format!(
                "`{shown}` cannot be written ({error}), and the database writes where it is opened: copy the directory, \
                 or have it copied: lycosa state salvage {shown} NEW"
            )))
        }
        opened => locked(path, opened),
    }
}

/// Locks a state directory that is copied: for that it need not be written.
///
/// # Errors
/// The same.
pub(crate) fn to_copy(path: &Path) -> Result<File, StoreError> {
    match open_lock(path) {
        Err(error) if is_read_only(&error) => locked(path, File::open(path.join("lock"))),
        opened => locked(path, opened),
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(path.join("lock"))
}

fn locked(path: &Path, opened: io::Result<File>) -> Result<File, StoreError> {
    let file = path.join("lock");
    let lock = opened.map_err(|error| of_file(&file, &error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(refused(format!(
            "`{}` is in use by another process: one crawl has one directory; stop that process, or name another \
             directory",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(of_file(&file, &error)),
    }
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}
