//! Damaged journals.

use std::{
    fs::{self, File},
    iter,
    path::{Path, PathBuf},
};

use super::{copy_directory, open};
use crate::{
    error::StoreError,
    store::{
        commit::Commit,
        embedded::check::{JournalBatch, whole_batches},
        traits::Store,
    },
};

const COMMITS: u64 = 6;

/// Creates a state directory whose commits are in two journals, half in each.
fn two_journals() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let mut store = open(&path).unwrap();
    for number in 1..=COMMITS {
        store.commit(&Commit { number, meta: vec![7; 40].into(), ..Commit::default() }).unwrap();
    }
    drop(store);
    let (first, second) = (path.join("data/0.jnl"), path.join("data/1.jnl"));
    let bytes = fs::read(&first).unwrap();
    let mut rest = &bytes[..];
    let length: u64 = (0..COMMITS / 2).map(|_| JournalBatch::read(&mut rest).unwrap().length).sum();
    fs::write(second, rest).unwrap();
    fs::write(first, &bytes[..length.try_into().unwrap()]).unwrap();
    (folder, path)
}

fn last_commit(path: &Path) -> Result<u64, StoreError> {
    open(path)?.recover().map(|recovered| recovered.number)
}

#[test]
fn a_missing_commit_in_the_middle_is_damage() {
    let (_folder, whole) = two_journals();
    let length = fs::metadata(whole.join("data/0.jnl")).unwrap().len();
    let damaged = |damage: &dyn Fn(&Path)| {
        let copy = tempfile::tempdir().unwrap();
        copy_directory(&whole, copy.path());
        damage(&copy.path().join("data/0.jnl"));
        last_commit(copy.path())
    };
    assert_eq!(damaged(&|_| {}), Ok(COMMITS));
    let mut rng = fastrand::Rng::with_seed(3);
    for index in (0..13).chain((0..30).map(|_| rng.u64(..length))) {
        let flip = |journal: &Path| {
            let mut bytes = fs::read(journal).unwrap();
            bytes[usize::try_from(index).unwrap()] ^= 1 << (index % 8);
            fs::write(journal, bytes).unwrap();
        };
        let cut = |journal: &Path| File::options().write(true).open(journal).unwrap().set_len(index).unwrap();
        for damage in [&flip as &dyn Fn(&Path), &cut] {
            assert!(matches!(damaged(damage), Err(StoreError::Damaged(_))), "{index}");
        }
    }
    assert!(matches!(damaged(&|journal| fs::remove_file(journal).unwrap()), Err(StoreError::Damaged(_))));
}

#[test]
fn repair_loses_only_the_unreadable_batch() {
    let (_folder, path) = two_journals();
    let mut bytes = fs::read(path.join("data/0.jnl")).unwrap();
    let lengths = {
        let mut rest = &bytes[..];
        iter::from_fn(|| JournalBatch::read(&mut rest)).map(|batch| batch.length as usize).collect::<Vec<_>>()
    };
    bytes[lengths[0] + 20] ^= 1;
    bytes.extend([0; 100]);
    let (whole, gaps) = whole_batches(&bytes);
    assert_eq!((whole.len(), gaps), (lengths[0] + lengths[2], 1));
    assert_eq!(whole_batches(&whole), (whole, 0));
}
