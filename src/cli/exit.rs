//! Exit codes.

use std::{io, process::ExitCode};

use lycosa::{Error, Finish, Report, StoreError, write_after_log};

/// An exit code. Scripts and service managers rely on these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Finished, or `run` stopped after a clean drain.
    Finished = 0,
    /// Any other error.
    Error = 1,
    /// Usage error (also clap's code).
    Usage = 2,
    /// The disk was full at the start, or so that the last records or the last commit are not written.
    DiskFull = 3,
    /// Errors in the configuration.
    Config = 4,
    /// The state directory is damaged, locked, foreign, or of a crawl with other outputs.
    State = 5,
    /// The store is unavailable.
    Store = 8,
    /// The crawl finished without a page: each URL of this run failed, was rejected, or is parked.
    NoPage = 10,
    /// `crawl` was interrupted and drained.
    Interrupted = 11,
    /// `limits.errors` was reached.
    TooManyErrors = 12,
    /// Stopped by a second signal, or not drained in time.
    NotDrained = 13,
    /// `limits.bytes`, `limits.pages` or `limits.records` was reached.
    Limit = 14,
    /// `limits.time` was reached.
    Time = 15,
    /// Below `limits.disk_free` for longer than `limits.wait`.
    NoRoom = 16,
    /// `limits.memory` was reached.
    Memory = 17,
}

/// The command that started a crawl. A stopped service ends with 0, a stopped crawl is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `crawl`
    Crawl,
    /// `run`
    Run,
}

impl Exit {
    /// The exit code of a crawl.
    pub(crate) fn from_report(report: &Report, mode: Mode) -> Self {
        match Self::from_finish(report.finish, mode) {
            Self::Finished if report.finish == Finish::Finished && report.is_without_pages() => Self::NoPage,
            exit => exit,
        }
    }

    fn from_finish(finish: Finish, mode: Mode) -> Self {
        match (finish, mode) {
            (Finish::Finished, _) | (Finish::Stopped | Finish::ClosedOutput, Mode::Run) => Self::Finished,
            (Finish::Stopped | Finish::ClosedOutput, Mode::Crawl) => Self::Interrupted,
            (Finish::Interrupted, _) => Self::NotDrained,
            (Finish::Pages | Finish::Records | Finish::Bytes, _) => Self::Limit,
            (Finish::Time, _) => Self::Time,
            (Finish::Errors, _) => Self::TooManyErrors,
            (Finish::DiskFree, _) => Self::NoRoom,
            (Finish::Memory, _) => Self::Memory,
            (Finish::DiskFull, _) => Self::DiskFull,
        }
    }

    /// The exit code of an error.
    pub(crate) fn from_error(error: &Error) -> Self {
        match error {
            Error::Config(_) => Self::Config,
            Error::Store(StoreError::Unavailable(_)) => Self::Store,
            Error::Store(StoreError::DiskFull(_)) => Self::DiskFull,
            Error::Store(StoreError::Damaged(_) | StoreError::Refused(_)) => Self::State,
            Error::File { error, .. } if error.kind() == io::ErrorKind::StorageFull => Self::DiskFull,
            // The library's error is not exhaustive; errors added later have no code of their own.
            _ => Self::Error,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints an error to standard error; a configuration with several errors prints them all. Returns its exit code.
pub(crate) fn fail(error: &Error) -> Exit {
    match error {
        Error::Config(errors) => errors.iter().for_each(|error| write_after_log(&format!("lycosa: {error}"))),
        error => write_after_log(&format!("lycosa: {error}")),
    }
    Exit::from_error(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_scripts_rely_on() {
        for (finish, crawl, run) in [
            (Finish::Finished, 0, 0),
            (Finish::Stopped, 11, 0),
            (Finish::ClosedOutput, 11, 0),
            (Finish::Interrupted, 13, 13),
            (Finish::Pages, 14, 14),
            (Finish::Records, 14, 14),
            (Finish::Bytes, 14, 14),
            (Finish::Time, 15, 15),
            (Finish::Errors, 12, 12),
            (Finish::DiskFree, 16, 16),
            (Finish::Memory, 17, 17),
            (Finish::DiskFull, 3, 3),
        ] {
            let codes = [Mode::Crawl, Mode::Run].map(|mode| Exit::from_finish(finish, mode) as u8);
            assert_eq!(codes, [crawl, run], "{finish:?}");
        }
        let full = Error::File { path: "x".into(), error: io::ErrorKind::StorageFull.into() };
        for (error, code) in [
            (Error::config("a", "b", "c"), 4),
            (Error::Store(StoreError::Unavailable("x".into())), 8),
            (Error::Store(StoreError::DiskFull("x".into())), 3),
            (Error::Store(StoreError::Damaged("x".into())), 5),
            (Error::Store(StoreError::Refused("x".into())), 5),
            (full, 3),
            (Error::Pipeline("x".into()), 1),
        ] {
            assert_eq!(Exit::from_error(&error) as u8, code, "{error}");
        }
    }
}
