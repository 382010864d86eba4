//! What the engine does not look at when it opens its files, looked at before: a file of it that is gone, or that says
//! something else than what was written, may otherwise pass for a smaller database, and what was in it is deleted.
//!
//! Of what is large only a part is read whole: see [`tables`].

pub(crate) mod journal;
pub(crate) mod tables;

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use lsm_tree::{AbstractTree, AnyTree, Config, SeqNo};
use xxhash_rust::xxh3::xxh3_128;

use super::{
    database::KEYSPACES,
    error::{damaged, fault, of_file, unpanicked},
    keys,
};
use crate::{error::StoreError, store::embedded::error::not_written};

/// The folders in the database, beside those of the keyspaces.
const FOLDERS: [&str; 3] = ["keyspaces", "tables", "blobs"];

/// The largest list of tables, in bytes (64 MiB).
const MAX_VERSION: u64 = 64 << 20;

/// Checks the files of a database in which everything up to this commit must be.
///
/// # Errors
/// Damaged when one of them is gone, or not what was written: before the engine finds that, and cuts or deletes it.
pub(crate) fn audit(data: &Path, anchor: u64) -> Result<(), StoreError> {
    let keyspaces = keyspaces(data)?;
    // One more: the engine's own.
    if keyspaces.len() <= KEYSPACES {
        return Err(damaged(&format!("a part of `{}` is gone", data.join("keyspaces").display())));
    }
    keyspaces.iter().try_for_each(|(_, path)| check_version(path))?;
    let journals = journal::commits(data)?;
    if let Some((_, last)) = journals
        && last < anchor
    {
        return Err(damaged(&format!("the journals end at commit {last}, but {anchor} were made")));
    }
    // What is in no journal is in the tables.
    let least = journals.map_or(anchor, |(first, _)| first.saturating_sub(1));
    let mut found = Vec::new();
    for (id, path) in &keyspaces {
        let keyspace = open_tables(path)?;
        found.extend(tables::of(&keyspace));
        let number = last_in_tables(&keyspace)?;
        if *id != ENGINES_OWN && number < least {
            let message = format!("`{}` ends at commit {number}, and {least} is in no journal", path.display());
            return Err(damaged(&message));
        }
    }
    tables::check(found)
}

/// The keyspace in which the engine keeps the names of the others.
pub(crate) const ENGINES_OWN: u64 = 0;

/// The engine panics where it meets a directory in the place of a file.
///
/// # Errors
/// Damaged when there is one, or a file in the place of a directory.
pub(crate) fn check_files(data: &Path) -> Result<(), StoreError> {
    strangers(data)?.first().map_or(Ok(()), |path| Err(not_written(path)))
}

/// Directories in the place of files, and files in the place of directories.
pub(crate) fn strangers(data: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let (mut found, mut folders) = (Vec::new(), vec![data.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| of_file(&folder, &error))? {
            let path = entry.map_err(|error| of_file(&folder, &error))?.path();
            let belongs = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
                FOLDERS.contains(&name) || (folder.ends_with("keyspaces") && name.parse::<u64>().is_ok())
            });
            match (path.is_dir(), belongs) {
                (true, true) => folders.push(path),
                (false, false) => {}
                (true, false) | (false, true) => found.push(path),
            }
        }
    }
    Ok(found)
}

/// The folders of the keyspaces, by number.
pub(crate) fn keyspaces(data: &Path) -> Result<Vec<(u64, PathBuf)>, StoreError> {
    let folder = data.join("keyspaces");
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|error| of_file(&folder, &error))? {
        let path = entry.map_err(|error| of_file(&folder, &error))?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.parse().ok());
        found.push((number.ok_or_else(|| not_written(&path))?, path));
    }
    found.sort();
    Ok(found)
}

/// Checks which list of tables is the current one of a keyspace, by its checksum: the engine writes that, and does not
/// compare.
///
/// # Errors
/// Damaged when the list, or what says which it is, is not what was written.
pub(crate) fn check_version(keyspace: &Path) -> Result<(), StoreError> {
    let current = keyspace.join("current");
    let said = read(&current)?;
    let number = said.first_chunk().map(|number| u64::from_le_bytes(*number)).ok_or_else(|| not_written(&current))?;
    let version = keyspace.join(format!("v{number}"));
    if said == encode_current(number, &read(&version)?) { Ok(()) } else { Err(not_written(&current)) }
}

/// What stands in `current` when this list of tables, with this number, is the current one.
pub(crate) fn encode_current(number: u64, version: &[u8]) -> Vec<u8> {
    [&number.to_le_bytes()[..], &xxh3_128(version).to_le_bytes(), &[0]].concat()
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_VERSION).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| of_file(path, &error))
}

/// The last commit in the tables of a keyspace, without what the journals have; 0 when there is none.
pub(crate) fn last_in_tables(keyspace: &AnyTree) -> Result<u64, StoreError> {
    match keyspace.get(keys::NUMBER, SeqNo::MAX).map_err(|error| fault(&error.into()))? {
        Some(bytes) => bytes[..].try_into().map(u64::from_be_bytes).map_err(|_| damaged("a commit's number")),
        None => Ok(0),
    }
}

/// Opens the tables of a keyspace alone.
pub(crate) fn open_tables(keyspace: &Path) -> Result<AnyTree, StoreError> {
    unpanicked(|| Ok(Config::new(keyspace, Default::default(), Default::default()).open()?))
}
