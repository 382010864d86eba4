//! What a phase has used: time, processor, memory, disk.

use std::{fs, path::Path, time::Duration};

use crate::{
    base::time::Mono,
    error::{Error, Result},
    frontier::Balance,
};

/// How things stand at some moment.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) at: Mono,
    /// Of all threads but the web's.
    pub(super) cpu: Duration,
    pub(super) balance: Balance,
    /// Links that the store was asked about.
    pub(super) asked: u64,
    /// Leases given, those for robots.txt and addresses among them.
    pub(super) leases: u64,
    pub(super) commits: u64,
    /// The most memory so far, in bytes.
    pub(super) memory: u64,
}

/// The most memory that this process has had so far, in bytes; 0 where the system does not say.
pub(super) fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// Bytes that the files in a directory take on the disk.
///
/// # Errors
/// When one cannot be looked at.
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
