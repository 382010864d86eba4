//! A state directory must never be taken for new, for whole, or for ours if it is not.

mod formats;
mod journal;

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::store::{EmbeddedStore, Setup};
use crate::{
    error::StoreError,
    store::{
        commit::{Commit, Recovered},
        durability::Durability,
        engine::OpenMode,
        query::Query,
        traits::Store,
    },
};

/// Settings for tests.
pub(crate) fn setup(path: &Path) -> Setup {
    Setup { path: path.to_owned(), memory: 64 << 20, durability: Durability::Os }
}

/// Opens or creates a state directory with one output.
pub(crate) fn open(path: &Path) -> Result<EmbeddedStore, StoreError> {
    EmbeddedStore::open(setup(path), OpenMode::ResumeOrCreate, &["out.jsonl".to_owned()])
}

fn commit(number: u64) -> Commit {
    Commit { number, meta: number.to_string().into(), ..Commit::default() }
}

/// Creates a state directory with three commits.
fn three_commits() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let mut store = open(&path).unwrap();
    (1..=3).for_each(|number| drop(store.commit(&commit(number)).unwrap()));
    (folder, path)
}

fn open_error(path: &Path) -> StoreError {
    open(path).unwrap_err()
}

fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_directory(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Returns every file in a directory and below.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn one_process_at_a_time() {
    let (_folder, path) = three_commits();
    let mut first = open(&path).unwrap();
    assert!(matches!(open_error(&path), StoreError::Refused(message) if message.contains("in use by another process")));
    assert_eq!(first.recover().unwrap().number, 3);
    drop(first);
    assert!(open(&path).is_ok());
}

#[test]
fn foreign_directories_are_refused() {
    let (_folder, path) = three_commits();
    let other = EmbeddedStore::open(setup(&path), OpenMode::ResumeOrCreate, &["other.jsonl".to_owned()]).unwrap_err();
    assert!(matches!(other, StoreError::Refused(message) if message.contains("--fresh")));
    let new = EmbeddedStore::open(setup(&path), OpenMode::CreateNew, &["out.jsonl".to_owned()]).unwrap_err();
    assert!(matches!(new, StoreError::Refused(message) if message.contains("exists")));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "x").unwrap();
    assert!(matches!(open_error(folder.path()), StoreError::Refused(message) if message.contains("thesis.tex")));
    assert!(matches!(open_error(&folder.path().join("thesis.tex")), StoreError::Refused(_)));
    fs::write(path.join("identity"), "lycosa state 9\n").unwrap();
    assert!(matches!(open_error(&path), StoreError::Refused(message) if message.contains("format 9")));
}

#[test]
fn an_older_database_is_damaged() {
    let (_folder, path) = three_commits();
    let anchor = fs::read(path.join("anchor")).unwrap();
    let mut store = open(&path).unwrap();
    store.commit(&commit(4)).unwrap();
    drop(store);
    // The anchor is written after its commit, so a database that is ahead of it is whole.
    let newest = fs::read(path.join("anchor")).unwrap();
    fs::write(path.join("anchor"), anchor).unwrap();
    assert_eq!(open(&path).unwrap().recover().unwrap().number, 4);
    fs::write(path.join("anchor"), newest).unwrap();
    fs::remove_dir_all(path.join("data")).unwrap();
    assert!(matches!(open_error(&path), StoreError::Damaged(message) if message.contains("salvage")));
}

#[test]
fn a_flipped_bit_in_a_table_is_damage() {
    let (_folder, path) = three_commits();
    let store = open(&path).unwrap();
    store.with_database(|database| database.seen.rotate_memtable_and_wait().unwrap());
    drop(store);
    let is_table = |path: &PathBuf| path.parent().is_some_and(|folder| folder.ends_with("tables"));
    let tables: Vec<_> = files(&path).into_iter().filter(is_table).collect();
    assert!(!tables.is_empty());
    for table in tables {
        let sound = fs::read(&table).unwrap();
        for index in (0..sound.len()).step_by(sound.len() / 16) {
            let mut bytes = sound.clone();
            bytes[index] ^= 1;
            fs::write(&table, bytes).unwrap();
            let error = open_error(&path);
            assert!(
                matches!(&error, StoreError::Damaged(message) if message.contains("salvage")),
                "{index}: {error:?}"
            );
        }
        fs::write(&table, sound).unwrap();
    }
    assert!(open(&path).is_ok());
}

#[test]
fn a_killed_first_start_is_not_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    drop(open(&path).unwrap());
    // Killed while the database was created, at two moments, then while identity and anchor were.
    fs::write(path.join("data/version"), "").unwrap();
    drop(open(&path).unwrap());
    fs::remove_file(path.join("data/version")).unwrap();
    drop(open(&path).unwrap());
    fs::remove_dir_all(path.join("data")).unwrap();
    fs::remove_file(path.join("identity")).unwrap();
    assert_eq!(open(&path).unwrap().recover().unwrap(), Recovered::default());
}

#[test]
fn a_closed_database_is_reopened() {
    let (_folder, path) = three_commits();
    let mut store = open(&path).unwrap();
    let mut reader = store.reader();
    store.close(&StoreError::DiskFull("no space".into()));
    assert!(matches!(reader.query(&Query::default()), Err(StoreError::DiskFull(_))));
    store.commit(&commit(4)).unwrap();
    assert_eq!(reader.query(&Query::default()).unwrap().as_of, 4);
}
