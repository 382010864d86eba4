//! Raises the limit of open files, and fits the number of connections to it.

use std::io;

use crate::error::{Error, Result};

/// Files that a crawl needs in addition to its connections: outputs, logs, event loops, libraries.
const OTHER_FILES: u64 = 128;

/// Minimum number of open files of a crawl: state, outputs and event loops alone need almost this many.
const MIN_FILES: u64 = 40;

/// Raises the limit of open files as far as possible; returns it.
fn raise() -> u64 {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => limit,
        Err(error) => {
            log::warn!(error:%; "cannot raise the limit of open files");
            rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(1024, |(soft, _)| soft)
        }
    }
}

/// Reduces the number of requests in flight and of idle connections to what the limit of open files allows.
///
/// # Errors
/// If the limit is below [`MIN_FILES`].
pub(crate) fn fit(concurrency: usize, idle: usize) -> Result<(usize, usize)> {
    let limit = raise();
    if limit < MIN_FILES {
        let error = io::Error::from_raw_os_error(libc::EMFILE);
        return Err(Error::System { what: "a crawl takes 40 open files (`ulimit -n`)", error });
    }
    let available = usize::try_from(limit.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX).max(2);
    let fitting = shrink(concurrency, idle, available);
    if fitting != (concurrency, idle) {
        log::warn!(open_files = limit, wanted = concurrency, concurrency = fitting.0, idle = fitting.1;
            "fetcher.concurrency reduced: too few open files (raise `ulimit -n`)");
    }
    Ok(fitting)
}

/// Reduces idle connections first, down to an eighth of `available`.
fn shrink(concurrency: usize, idle: usize, available: usize) -> (usize, usize) {
    let concurrency = concurrency.min(available - available / 8);
    (concurrency, idle.min(available - concurrency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrency_and_idle_fit() {
        for (concurrency, idle, available, expected) in [
            (1024, 1024, 19_872, (1024, 1024)),
            (10_000, 1024, 19_872, (10_000, 1024)),
            (30_000, 1024, 19_872, (17_388, 1024)),
            (1024, 1024, 896, (784, 112)),
            (10, 10, 2, (2, 0)),
        ] {
            assert_eq!(shrink(concurrency, idle, available), expected);
        }
    }
}
