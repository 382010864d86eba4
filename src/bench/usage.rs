//! Resources used so far: time, processor, memory, disk.

use std::{fs, path::Path, time::Duration};

use crate::{
    base::time::Mono,
    error::{Error, Result},
    frontier::Balance,
};

/// Counters at one moment.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) at: Mono,
    /// Processor time of all threads except the web's.
    pub(super) cpu: Duration,
    pub(super) balance: Balance,
    /// Number of links looked up in the store.
    pub(super) asked: u64,
    /// Number of leases, including those for robots.txt and addresses.
    pub(super) leases: u64,
    pub(super) commits: u64,
    /// Peak memory so far, in bytes.
    pub(super) memory: u64,
}

/// Returns the peak memory of this process, in bytes; 0 if the system has no `/proc`.
pub(super) fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// Returns the size on disk of all files in a directory and below, in bytes.
///
/// # Errors
/// If a file or directory cannot be read.
pub(super) fn disk_use(path: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt;

    let failed = |error| Error::File { path: path.to_owned(), error };
    let mut sum = 0;
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let metadata = entry.metadata().map_err(failed)?;
        sum += if metadata.is_dir() { disk_use(&entry.path())? } else { 512 * metadata.blocks() };
    }
    Ok(sum)
}
