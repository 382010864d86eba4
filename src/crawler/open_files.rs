//! Open files: as many as the system gives, and a pool of requests that fits them.

use std::io;

use crate::error::{Error, Result};

/// Files that a crawl needs beside its connections: outputs, logs, event loops, libraries.
const OTHERS: u64 = 128;

/// Open files without which there is no crawl: state, outputs and event loops alone take nearly as many.
const LEAST: u64 = 40;

/// Raises the limit of open files as far as it goes; says how many there may be.
fn raise() -> u64 {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => limit,
        Err(error) => {
            log::warn!(error:%; "limit of open files stays as it is");
            rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(1024, |(soft, _)| soft)
        }
    }
}

/// How many requests may be under way and how many connections may idle, so that both fit the open files.
///
/// # Errors
/// When there may be fewer than [`LEAST`].
pub(super) fn fit(concurrency: usize, idle: usize) -> Result<(usize, usize)> {
    let limit = raise();
    if limit < LEAST {
        let error = io::Error::from_raw_os_error(libc::EMFILE);
        return Err(Error::System { what: "a crawl takes 40 open files (`ulimit -n`)", error });
    }
    let room = usize::try_from(limit.saturating_sub(OTHERS)).unwrap_or(usize::MAX).max(2);
    let fitting = shrink(concurrency, idle, room);
    if fitting != (concurrency, idle) {
        log::warn!(open_files = limit, wanted = concurrency, concurrency = fitting.0, idle = fitting.1;
            "too few open files for fetcher.concurrency; fewer requests at the same time (raise `ulimit -n`)");
    }
    Ok(fitting)
}

/// Idle connections give way first, down to an eighth of the room.
fn shrink(concurrency: usize, idle: usize, room: usize) -> (usize, usize) {
    let concurrency = concurrency.min(room - room / 8);
    (concurrency, idle.min(room - concurrency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_fit() {
        for (concurrency, idle, room, expected) in [
            (1024, 1024, 19_872, (1024, 1024)),
            (10_000, 1024, 19_872, (10_000, 1024)),
            (30_000, 1024, 19_872, (17_388, 1024)),
            (1024, 1024, 896, (784, 112)),
            (10, 10, 2, (2, 0)),
        ] {
            assert_eq!(shrink(concurrency, idle, room), expected);
        }
    }
}
