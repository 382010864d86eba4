//! Repairs a database, so that fjall opens it and deletes nothing that is readable.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    error::StoreError,
    store::embedded::check::{
        FJALL_KEYSPACE, check_version, encode_current, keyspaces, misplaced, open_tables, read_version, repair_journals,
    },
};

/// Repairs the database at `data`. Files that are alike in every database are taken from a new one, `template`. Returns
/// the number of parts that could not be repaired.
///
/// # Errors
/// If a file cannot be read or written.
pub(crate) fn repair(data: &Path, template: &Path) -> Result<u64, StoreError> {
    let mut gaps = 0;
    for path in misplaced(data)? {
        remove(&path)?;
        gaps += 1;
    }
    gaps += repair_journals(data)?;
    for name in ["version", "lock"] {
        copy(&template.join(name), &data.join(name))?;
    }
    let (new, parent) = (keyspaces(template)?, data.join("keyspaces"));
    fs::create_dir_all(&parent).map_err(|error| StoreError::from_file(&parent, &error))?;
    // If a first start was interrupted, the keyspaces have other numbers, and only fjall's own keyspace has their names.
    if keyspaces(data)?.iter().any(|(number, _)| new.iter().all(|(other, _)| other != number)) {
        return Ok(gaps);
    }
    for (number, empty) in new {
        let keyspace = parent.join(number.to_string());
        // fjall's own is alike in every database.
        let repaired = if number == FJALL_KEYSPACE { Some(Repaired::Newest) } else { repair_keyspace(&keyspace) };
        gaps += u64::from(repaired != Some(Repaired::Newest));
        if number == FJALL_KEYSPACE || repaired.is_none() {
            replace(&empty, &keyspace)?;
        }
    }
    Ok(gaps)
}

/// Result of the repair of a keyspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repaired {
    /// With its newest list of tables.
    Newest,
    /// With an older list of tables.
    Older,
}

/// Makes the newest list of tables that can be opened the current one; `None` if none can.
fn repair_keyspace(keyspace: &Path) -> Option<Repaired> {
    if check_version(keyspace).is_ok() && open_tables(keyspace).is_ok() {
        return Some(Repaired::Newest);
    }
    let index = versions(keyspace).into_iter().position(|(number, version)| {
        let Ok(bytes) = read_version(&version) else { return false };
        fs::write(keyspace.join("current"), encode_current(number, &bytes)).is_ok() && open_tables(keyspace).is_ok()
    })?;
    Some(if index == 0 { Repaired::Newest } else { Repaired::Older })
}

/// Returns the lists of tables of a keyspace, newest first.
fn versions(keyspace: &Path) -> Vec<(u64, PathBuf)> {
    let number = |path: &Path| path.file_name()?.to_str()?.strip_prefix('v')?.parse().ok();
    let entries = fs::read_dir(keyspace).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.filter_map(|entry| Some((number(&entry.path())?, entry.path()))).collect();
    found.sort_by(|left, right| right.cmp(left));
    found
}

/// Replaces a keyspace by another.
fn replace(from: &Path, to: &Path) -> Result<(), StoreError> {
    if to.is_dir() {
        remove(to)?;
    }
    fs::rename(from, to).map_err(|error| StoreError::from_file(to, &error))
}

fn remove(path: &Path) -> Result<(), StoreError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map_err(|error| StoreError::from_file(path, &error))
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::copy(from, to).map(drop).map_err(|error| StoreError::from_file(to, &error))
}
