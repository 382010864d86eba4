//! Errors of fjall as errors of a store.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::StoreError;

/// Classifies an error of the database.
pub(crate) fn from_fjall(error: &fjall::Error) -> StoreError {
    match error {
        fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => StoreError::from_io(error),
        fjall::Error::Locked => StoreError::refused("the database is locked by another process"),
        // An earlier write or sync failed; the log has its error. Reopening may help.
        fjall::Error::Poisoned => StoreError::Unavailable("the database is closed after a failed write".into()),
        // The enum is non-exhaustive; all other errors are about data that was read.
        error => StoreError::damaged(format!("the database cannot be read: {error:?}")),
    }
}

/// Opens a part of the database. If fjall panics because a file is corrupt, that is damage too.
pub(crate) fn catch_panic<T>(open: impl FnOnce() -> fjall::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(opened) => opened.map_err(|error| from_fjall(&error)),
        Err(_) => Err(StoreError::damaged("the database cannot be read")),
    }
}
