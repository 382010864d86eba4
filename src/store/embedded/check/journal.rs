//! The journals: checks that no commit is missing in them, and repairs them.
//!
//! A journal is a sequence of batches, one per commit, followed by zeros. fjall takes the first batch that it cannot read
//! for the end, even in the middle of a journal, and does not notice that a journal is missing.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufReader, Read, Seek, SeekFrom},
    iter,
    path::{Path, PathBuf},
};

use super::journal_batch::{JournalBatch, START};
use crate::error::StoreError;

/// Maximum step between two sequence numbers. No checksum covers them, and fjall only counts up.
const MAX_STEP: u64 = 1 << 32;

/// Size of a read, in bytes.
const CHUNK: usize = 16 << 10;

/// Returns the first and the last commit in the journals; `None` if there is none.
///
/// # Errors
/// Damaged if a commit between them is missing.
pub(crate) fn commit_range(data: &Path) -> Result<Option<(u64, u64)>, StoreError> {
    let journals = journals(data)?;
    let (mut first, mut last, mut sequence) = (None, None, None);
    for (index, path) in journals.iter().enumerate() {
        let file = File::open(path).map_err(|error| StoreError::from_file(path, &error))?;
        let mut input = BufReader::new(file);
        let mut end = 0;
        while let Some(batch) = JournalBatch::read(&mut input) {
            if sequence.is_some_and(|sequence| batch.sequence <= sequence || batch.sequence - sequence > MAX_STEP) {
                return Err(StoreError::damaged(format!("`{}` is out of order at byte {end}", path.display())));
            }
            (end, sequence) = (end + batch.length, Some(batch.sequence));
            let Some(commit) = batch.commit else { continue };
            if last.is_some_and(|last| commit > last + 1) {
                return Err(StoreError::damaged(format!(
                    "commits before commit {commit} are missing in `{}`",
                    path.display()
                )));
            }
            first = first.or(Some(commit));
            last = Some(commit);
        }
        // The last journal may end in what a process was writing when it died; the others were synced whole.
        let is_last = index + 1 == journals.len();
        if !is_last && !is_zero(input.into_inner(), end).map_err(|error| StoreError::from_file(path, &error))? {
            return Err(StoreError::damaged(format!("`{}` is corrupt after byte {end}", path.display())));
        }
    }
    Ok(first.zip(last))
}

/// Returns the commits in the journals of a database that is not damaged.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn commit_numbers(data: &Path) -> Result<BTreeSet<u64>, StoreError> {
    let mut found = BTreeSet::new();
    for path in journals(data)? {
        let mut input = BufReader::new(File::open(&path).map_err(|error| StoreError::from_file(&path, &error))?);
        found.extend(iter::from_fn(|| JournalBatch::read(&mut input)).filter_map(|batch| batch.commit));
    }
    Ok(found)
}

/// Removes from the journals what cannot be read. Creates an empty journal if there is none, because fjall does not see
/// the tables if it creates the first journal itself. Returns the number of gaps.
///
/// # Errors
/// If a file cannot be read or written.
pub(crate) fn repair_journals(data: &Path) -> Result<u64, StoreError> {
    let (journals, mut gaps) = (journals(data)?, 0);
    if journals.is_empty() {
        let path = data.join("0.jnl");
        File::create_new(&path).map_err(|error| StoreError::from_file(&path, &error))?;
    }
    for path in journals {
        let failed = |error: io::Error| StoreError::from_file(&path, &error);
        let (batches, found) = whole_batches(&fs::read(&path).map_err(failed)?);
        fs::write(&path, batches).map_err(failed)?;
        gaps += found;
    }
    Ok(gaps)
}

/// Returns the whole batches of a journal, and the number of gaps between and after them.
pub(crate) fn whole_batches(bytes: &[u8]) -> (Vec<u8>, u64) {
    let (mut batches, mut gaps, mut rest, mut is_gap) = (Vec::new(), 0, bytes, false);
    while let Some((_, after)) = rest.split_first() {
        let batch = JournalBatch::read(&mut { rest });
        match batch.and_then(|batch| rest.split_at_checked(usize::try_from(batch.length).ok()?)) {
            Some((batch, after)) => {
                batches.extend_from_slice(batch);
                (rest, is_gap) = (after, false);
            }
            None if rest.iter().all(|byte| *byte == 0) => break,
            None => {
                gaps += u64::from(!is_gap);
                // Every byte that may start a batch is tried: the file has no other marker.
                let next = after.iter().position(|byte| *byte == START).unwrap_or(after.len());
                (rest, is_gap) = (after.get(next..).unwrap_or_default(), true);
            }
        }
    }
    (batches, gaps)
}

/// Returns the journals, oldest first.
fn journals(data: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed = |error| StoreError::from_file(data, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(data).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let number = path.file_stem().and_then(|name| name.to_str()?.parse::<u64>().ok());
        if let (Some("jnl"), Some(number)) = (path.extension().and_then(|end| end.to_str()), number) {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Returns true if a file has only zeros from here on.
fn is_zero(mut file: File, from: u64) -> io::Result<bool> {
    file.seek(SeekFrom::Start(from))?;
    let mut chunk = [0; CHUNK];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(true),
            length if chunk.iter().take(length).any(|byte| *byte != 0) => return Ok(false),
            _ => {}
        }
    }
}
