//! The engine's journals, read before the engine reads them: a place in them that it cannot read it takes for the end, also
//! in the middle, and a journal that is gone it does not miss.
//!
//! A journal is a row of batches, one for each commit; behind the last one stand zeros. A batch, integers little-endian:
//!
//! | part | bytes |
//! |---|---|
//! | start | 1; items 4, sequence number 8 |
//! | item | 2, kind 1, compression 1; keyspace 8, key's length 2, value's length 4, its length here 4; key; value |
//! | end | 3; XXH3 of the items 8, `FJL` 3 |

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufReader, Read, Seek, SeekFrom},
    iter,
    path::{Path, PathBuf},
};

use xxhash_rust::xxh3::Xxh3Default;

use crate::{
    error::StoreError,
    store::embedded::{
        error::{damaged, of_file},
        keys,
    },
};

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;

/// Ends every batch.
const TRAILER: [u8; 4] = *b"FJL\x03";

/// The most that a sequence number is above the one before: no checksum covers it, and the engine only counts up.
const MAX_STEP: u64 = 1 << 32;

/// Bytes read at once.
const CHUNK: usize = 16 << 10;

/// The first and the last commit in the journals; none when they are empty.
///
/// # Errors
/// Damaged when a commit between them is missing.
pub(crate) fn commits(data: &Path) -> Result<Option<(u64, u64)>, StoreError> {
    let journals = journals(data)?;
    let (mut first, mut last, mut sequence) = (None, None, None);
    for (index, path) in journals.iter().enumerate() {
        let file = File::open(path).map_err(|error| of_file(path, &error))?;
        let mut input = BufReader::new(file);
        let mut whole = 0;
        while let Some(batch) = batch(&mut input) {
            if sequence.is_some_and(|sequence| batch.sequence <= sequence || batch.sequence - sequence > MAX_STEP) {
                return Err(damaged(&format!("`{}` is out of order at byte {whole}", path.display())));
            }
            (whole, sequence) = (whole + batch.length, Some(batch.sequence));
            let Some(commit) = batch.commit else { continue };
            if last.is_some_and(|last| commit > last + 1) {
                return Err(damaged(&format!("`{}` lacks what stood before commit {commit}", path.display())));
            }
            first = first.or(Some(commit));
            last = Some(commit);
        }
        // The last one may end in what a process wrote when it died; the others were synced whole.
        let is_last = index + 1 == journals.len();
        if !is_last && !is_zero(input.into_inner(), whole).map_err(|error| of_file(path, &error))? {
            return Err(damaged(&format!("`{}` cannot be read behind byte {whole}", path.display())));
        }
    }
    Ok(first.zip(last))
}

/// The commits in journals of which nothing is broken.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn numbers(data: &Path) -> Result<BTreeSet<u64>, StoreError> {
    let mut found = BTreeSet::new();
    for path in journals(data)? {
        let mut input = BufReader::new(File::open(&path).map_err(|error| of_file(&path, &error))?);
        found.extend(iter::from_fn(|| batch(&mut input)).filter_map(|batch| batch.commit));
    }
    Ok(found)
}

/// Leaves in the journals only what can be read; where there is none, an empty one: an engine that makes it itself does not
/// see what the tables have. Says at how many places something else stood.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn mend(data: &Path) -> Result<u64, StoreError> {
    let (journals, mut gaps) = (journals(data)?, 0);
    if journals.is_empty() {
        let path = data.join("0.jnl");
        File::create_new(&path).map_err(|error| of_file(&path, &error))?;
    }
    for path in journals {
        let bytes = fs::read(&path).map_err(|error| of_file(&path, &error))?;
        let (whole, found) = whole_batches(&bytes);
        fs::write(&path, whole).map_err(|error| of_file(&path, &error))?;
        gaps += found;
    }
    Ok(gaps)
}

/// The batches of a journal, and the number of gaps between and behind them.
fn whole_batches(bytes: &[u8]) -> (Vec<u8>, u64) {
    let (mut whole, mut gaps, mut rest, mut is_gap) = (Vec::new(), 0, bytes, false);
    while let Some((_, behind)) = rest.split_first() {
        match batch(&mut { rest }).and_then(|batch| rest.split_at_checked(usize::try_from(batch.length).ok()?)) {
            Some((batch, behind)) => {
                whole.extend_from_slice(batch);
                (rest, is_gap) = (behind, false);
            }
            None if rest.iter().all(|byte| *byte == 0) => break,
            None => {
                gaps += u64::from(!is_gap);
                // The next start is looked for byte by byte: no other mark is in the file.
                let next = behind.iter().position(|byte| *byte == START).unwrap_or(behind.len());
                (rest, is_gap) = (behind.get(next..).unwrap_or_default(), true);
            }
        }
    }
    (whole, gaps)
}

/// The journals, oldest first.
fn journals(data: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(data).map_err(|error| of_file(data, &error))? {
        let path = entry.map_err(|error| of_file(data, &error))?.path();
        let number = path.file_stem().and_then(|name| name.to_str()?.parse::<u64>().ok());
        if let (Some("jnl"), Some(number)) = (path.extension().and_then(|end| end.to_str()), number) {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Whether nothing was written from here on.
fn is_zero(mut file: File, from: u64) -> std::io::Result<bool> {
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

/// A batch that is whole.
struct JournalBatch {
    /// In bytes.
    length: u64,
    /// The engine's number for it.
    sequence: u64,
    /// The commit it is.
    commit: Option<u64>,
}

/// Reads a batch; none where nothing was written or something else stands.
fn batch(input: &mut impl Read) -> Option<JournalBatch> {
    let mut parts = JournalParts { input, length: 0, sum: Xxh3Default::new() };
    let [START] = parts.read()? else { return None };
    let count = u32::from_le_bytes(parts.read()?);
    let sequence = u64::from_le_bytes(parts.read()?);
    parts.sum.reset();
    let mut commit = None;
    for _ in 0..count {
        commit = parts.item()?.or(commit);
    }
    let sum = parts.sum.digest().to_le_bytes();
    let [END] = parts.read()? else { return None };
    let is_whole = parts.read() == Some(sum) && parts.read() == Some(TRAILER);
    is_whole.then_some(JournalBatch { length: parts.length, sequence, commit })
}

/// What a batch is made of.
struct JournalParts<'a, R> {
    input: &'a mut R,
    length: u64,
    sum: Xxh3Default,
}

impl<R: Read> JournalParts<'_, R> {
    fn read<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).ok()?;
        self.sum.update(&bytes);
        self.length += N as u64;
        Some(bytes)
    }

    fn skip(&mut self, mut length: u64) -> Option<()> {
        let mut chunk = [0; CHUNK];
        while length > 0 {
            let next = usize::try_from(length).unwrap_or(CHUNK).min(CHUNK);
            let part = chunk.get_mut(..next)?;
            self.input.read_exact(part).ok()?;
            self.sum.update(part);
            self.length += next as u64;
            length -= next as u64;
        }
        Some(())
    }

    /// Reads an item: the number of the commit, if it is that.
    fn item(&mut self) -> Option<Option<u64>> {
        let [ITEM, _kind, _compression] = self.read()? else { return None };
        let _keyspace: [u8; 8] = self.read()?;
        let key = u16::from_le_bytes(self.read()?);
        let _uncompressed: [u8; 4] = self.read()?;
        let value = u32::from_le_bytes(self.read()?);
        if (key, value) != (1, 8) {
            return self.skip(u64::from(key) + u64::from(value)).map(|()| None);
        }
        let (key, value) = (self.read()?, self.read()?);
        Some((key == keys::NUMBER).then(|| u64::from_be_bytes(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Commit, EmbeddedStore, Store,
        embedded::tests::{copy_all, setup},
    };

    const COMMITS: u64 = 6;

    /// A state directory whose commits are in two journals, half in each.
    fn halves() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut store = EmbeddedStore::open(setup(&path)).unwrap();
        for number in 1..=COMMITS {
            store.commit(&Commit { number, meta: vec![7; 40].into(), ..Commit::default() }).unwrap();
        }
        drop(store);
        let (first, second) = (path.join("data/0.jnl"), path.join("data/1.jnl"));
        let bytes = fs::read(&first).unwrap();
        let mut rest = &bytes[..];
        let length: u64 = (0..COMMITS / 2).map(|_| batch(&mut rest).unwrap().length).sum();
        fs::write(second, rest).unwrap();
        fs::write(first, &bytes[..length.try_into().unwrap()]).unwrap();
        (folder, path)
    }

    fn opened(path: &Path) -> Result<u64, StoreError> {
        EmbeddedStore::open(setup(path))?.recover().map(|recovered| recovered.number)
    }

    #[test]
    fn a_commit_that_is_gone_in_the_middle_is_missed() {
        let (_folder, whole) = halves();
        let length = fs::metadata(whole.join("data/0.jnl")).unwrap().len();
        let damaged = |damage: &dyn Fn(&Path)| {
            let copy = tempfile::tempdir().unwrap();
            copy_all(&whole, copy.path());
            damage(&copy.path().join("data/0.jnl"));
            opened(copy.path())
        };
        assert_eq!(damaged(&|_| {}), Ok(COMMITS));
        let mut luck = fastrand::Rng::with_seed(3);
        for place in (0..13).chain((0..30).map(|_| luck.u64(..length))) {
            let flip = |journal: &Path| {
                let mut bytes = fs::read(journal).unwrap();
                bytes[usize::try_from(place).unwrap()] ^= 1 << (place % 8);
                fs::write(journal, bytes).unwrap();
            };
            let cut = |journal: &Path| File::options().write(true).open(journal).unwrap().set_len(place).unwrap();
            for damage in [&flip as &dyn Fn(&Path), &cut] {
                assert!(matches!(damaged(damage), Err(StoreError::Damaged(_))), "{place}");
            }
        }
        assert!(matches!(damaged(&|journal| fs::remove_file(journal).unwrap()), Err(StoreError::Damaged(_))));
    }

    #[test]
    fn a_batch_that_cannot_be_read_is_all_that_is_lost() {
        let (_folder, path) = halves();
        let mut bytes = fs::read(path.join("data/0.jnl")).unwrap();
        let lengths = {
            let mut rest = &bytes[..];
            iter::from_fn(|| batch(&mut rest)).map(|batch| batch.length as usize).collect::<Vec<_>>()
        };
        bytes[lengths[0] + 20] ^= 1;
        bytes.extend([0; 100]);
        let (whole, gaps) = whole_batches(&bytes);
        assert_eq!((whole.len(), gaps), (lengths[0] + lengths[2], 1));
        assert_eq!(whole_batches(&whole), (whole, 0));
    }
}
