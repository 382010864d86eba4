//! The private file formats that `check/` reads are those of the pinned versions.

use std::fs;

use super::{commit, open};
use crate::store::{
    embedded::{
        check::{FORMATS, TableFile, check_tables, check_version, commit_range, keyspaces, last_commit, open_tables},
        keys::KEYSPACES,
    },
    traits::Store,
};

const MANIFEST: &str = include_str!("../../../../Cargo.toml");
const LOCK_FILE: &str = include_str!("../../../../Cargo.lock");

#[test]
fn pinned_versions_are_those_whose_formats_are_read() {
    let manifest: toml::Table = MANIFEST.parse().unwrap();
    let lock_file: toml::Table = LOCK_FILE.parse().unwrap();
    for (name, version) in FORMATS {
        let pin = manifest["dependencies"][name]["version"].as_str();
        assert_eq!(pin, Some(&*format!("={version}")), "pin `{name}`; before a new version, read `check/mod.rs`");
        let packages = lock_file["package"].as_array().unwrap().iter();
        let locked: Vec<_> = packages.filter(|package| package["name"].as_str() == Some(name)).collect();
        assert_eq!(locked.len(), 1, "{name}");
        assert_eq!(locked[0]["version"].as_str(), Some(version), "{name}");
    }
}

#[test]
fn a_database_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let mut store = open(&path).unwrap();
    store.commit(&commit(1)).unwrap();
    store.commit(&commit(2)).unwrap();
    // Tables end at commit 2; the journals have all four.
    store.with_database(|database| {
        for keyspace in database.keyspaces() {
            keyspace.rotate_memtable_and_wait().unwrap();
        }
    });
    store.commit(&commit(3)).unwrap();
    store.commit(&commit(4)).unwrap();
    drop(store);

    let data = path.join("data");
    assert_eq!(fs::read(data.join("version")).unwrap(), b"FJL\x03");
    let (_, last) = commit_range(&data).unwrap().expect("commits in the journals");
    assert_eq!(last, 4);
    let keyspaces = keyspaces(&data).unwrap();
    assert_eq!(keyspaces.len(), KEYSPACES + 1);
    let mut tables = Vec::new();
    for (number, path) in &keyspaces {
        check_version(path).unwrap();
        let tree = open_tables(path).unwrap();
        let own = TableFile::list(&tree);
        assert!(!own.is_empty(), "keyspace {number}");
        assert_eq!(last_commit(&tree).unwrap(), if *number == 0 { 0 } else { 2 }, "keyspace {number}");
        tables.extend(own);
    }
    check_tables(tables).unwrap();
}
