//! What the engine and the file system say, in the words of a store.

use std::{io, path::Path};

use crate::error::StoreError;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What an error of the engine means for the crawl.
pub(crate) fn fault(error: &fjall::Error) -> StoreError {
    match error {
        fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => of_io(error, &error.to_string()),
        fjall::Error::Locked => StoreError::Refused("the database is locked by another process".into()),
        // A write or a sync failed before; what it was stands in the log. Opened anew it may work again.
        fjall::Error::Poisoned => StoreError::Unavailable("the database closed itself after a failed write".into()),
        // The engine may learn more errors; all that are left are about what it read.
        error => StoreError::Damaged(format!("the database cannot be read: {error:?}").into()),
    }
}

/// What an error on one of the state's own files means.
pub(crate) fn of_file(path: &Path, error: &io::Error) -> StoreError {
    of_io(error, &format!("`{}`: {error}", path.display()))
}

/// Damage found in a state directory, with what can be done about it.
pub(crate) fn with_way_out(error: StoreError, directory: &Path) -> StoreError {
    match error {
        StoreError::Damaged(message) => {
            let path = directory.display();
            let message =
                format!("`{path}`: {message}; put back a copy, or save what can be read: lycosa state salvage {path}");
            StoreError::Damaged(message.into())
        }
        StoreError::Unavailable(_) | StoreError::DiskFull(_) | StoreError::Refused(_) => error,
    }
}

fn of_io(error: &io::Error, message: &str) -> StoreError {
    use io::ErrorKind as StoreKind;
    match error.kind() {
        StoreKind::StorageFull | StoreKind::QuotaExceeded | StoreKind::FileTooLarge => {
            StoreError::DiskFull(message.into())
        }
        StoreKind::PermissionDenied | StoreKind::ReadOnlyFilesystem => StoreError::Refused(message.into()),
        StoreKind::NotFound
        | StoreKind::UnexpectedEof
        | StoreKind::InvalidData
        | StoreKind::InvalidInput
        | StoreKind::IsADirectory
        | StoreKind::NotADirectory
        | StoreKind::AlreadyExists => StoreError::Damaged(message.into()),
        // Whatever else the system has (EIO, a stale handle) may pass.
        _ => StoreError::Unavailable(message.into()),
    }
}

pub(crate) fn not_written(path: &Path) -> StoreError {
    damaged(&format!("`{}` is not what was written", path.display()))
}

/// Opens something of the engine: what a damaged file makes it panic over is damage, too.
pub(crate) fn unpanicked<T>(open: impl FnOnce() -> fjall::Result<T>) -> Result<T, StoreError> {
    let opened = catch_unwind(AssertUnwindSafe(open));
    opened.map_err(|_| damaged("the database cannot be read"))?.map_err(|error| fault(&error))
}

pub(crate) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.into())
}

pub(crate) fn refused(message: String) -> StoreError {
    StoreError::Refused(message.into())
}
