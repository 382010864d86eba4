//! What must never happen to a state directory: taken for new, for whole, or for ours when it is not.

use std::{fs, path::Path};

use super::*;

/// What tests open.
pub(crate) fn setup(path: &Path) -> Setup {
    Setup {
        path: path.to_owned(),
        wanted: Wanted::Any,
        outputs: vec!["out.jsonl".to_owned()],
        memory: 64 << 20,
        durability: Durability::Os,
    }
}

fn commit(number: u64) -> Commit {
    Commit { number, meta: number.to_string().into(), ..Commit::default() }
}

/// A state directory with three commits.
fn used() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let mut store = EmbeddedStore::open(setup(&path)).unwrap();
    (1..=3).for_each(|number| drop(store.commit(&commit(number)).unwrap()));
    (folder, path)
}

fn opening(path: &Path) -> StoreError {
    EmbeddedStore::open(setup(path)).unwrap_err()
}

#[test]
fn a_directory_has_one_user_at_a_time() {
    let (_folder, path) = used();
    let mut first = EmbeddedStore::open(setup(&path)).unwrap();
    assert!(matches!(opening(&path), StoreError::Refused(message) if message.contains("in use by another process")));
    assert_eq!(first.recover().unwrap().number, 3);
    drop(first);
    assert!(EmbeddedStore::open(setup(&path)).is_ok());
}

#[test]
fn what_is_not_ours_is_refused() {
    let (_folder, path) = used();
    let other = Setup { outputs: vec!["other.jsonl".to_owned()], ..setup(&path) };
    assert!(
        matches!(EmbeddedStore::open(other).unwrap_err(), StoreError::Refused(message) if message.contains("--fresh"))
    );
    let fresh = Setup { wanted: Wanted::Fresh, ..setup(&path) };
    assert!(
        matches!(EmbeddedStore::open(fresh).unwrap_err(), StoreError::Refused(message) if message.contains("exists"))
    );
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "x").unwrap();
    assert!(matches!(opening(folder.path()), StoreError::Refused(message) if message.contains("thesis.tex")));
    assert!(matches!(opening(&folder.path().join("thesis.tex")), StoreError::Refused(_)));
    fs::write(path.join("identity"), "lycosa state 9\n").unwrap();
    assert!(matches!(opening(&path), StoreError::Refused(message) if message.contains("format 9")));
}

pub(crate) fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy_all(&entry.path(), &to) } else { assert!(fs::copy(entry.path(), to).is_ok()) }
    }
}

#[test]
fn an_older_database_is_damaged() {
    let (_folder, path) = used();
    let anchor = fs::read(path.join("anchor")).unwrap();
    let mut store = EmbeddedStore::open(setup(&path)).unwrap();
    store.commit(&commit(4)).unwrap();
    drop(store);
    // The anchor is written after the commit it names, so a database that is ahead of it is whole.
    let newest = fs::read(path.join("anchor")).unwrap();
    fs::write(path.join("anchor"), anchor).unwrap();
    assert_eq!(EmbeddedStore::open(setup(&path)).unwrap().recover().unwrap().number, 4);
    fs::write(path.join("anchor"), newest).unwrap();
    fs::remove_dir_all(path.join("data")).unwrap();
    assert!(matches!(opening(&path), StoreError::Damaged(message) if message.contains("salvage")));
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_bit_that_flips_in_a_table_is_damage() {
    let (_folder, path) = used();
    let store = EmbeddedStore::open(setup(&path)).unwrap();
    read(&store.database).engine().unwrap().seen.rotate_memtable_and_wait().unwrap();
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
            let error = opening(&path);
            assert!(
                matches!(&error, StoreError::Damaged(message) if message.contains("salvage")),
                "{index}: {error:?}"
            );
        }
        fs::write(&table, sound).unwrap();
    }
    assert!(EmbeddedStore::open(setup(&path)).is_ok());
}

#[test]
fn a_start_that_was_killed_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    drop(EmbeddedStore::open(setup(&path)).unwrap());
    // Killed while the database was made, at two moments, then while identity and anchor were.
    fs::write(path.join("data/version"), "").unwrap();
    drop(EmbeddedStore::open(setup(&path)).unwrap());
    fs::remove_file(path.join("data/version")).unwrap();
    drop(EmbeddedStore::open(setup(&path)).unwrap());
    fs::remove_dir_all(path.join("data")).unwrap();
    fs::remove_file(path.join("identity")).unwrap();
    let mut store = EmbeddedStore::open(setup(&path)).unwrap();
    assert_eq!(store.recover().unwrap(), Recovered::default());
}

#[test]
fn a_closed_database_opens_again() {
    let (_folder, path) = used();
    let mut store = EmbeddedStore::open(setup(&path)).unwrap();
    let mut view = store.reader();
    store.close(&StoreError::DiskFull("no room".into()));
    assert!(matches!(view.query(&Query::default()), Err(StoreError::DiskFull(_))));
    store.commit(&commit(4)).unwrap();
    assert_eq!(view.query(&Query::default()).unwrap().as_of, 4);
}
