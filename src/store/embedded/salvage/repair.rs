//! Makes a copy of a damaged database one that the engine opens without throwing away what it can still read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    error::StoreError,
    store::embedded::{
        check::{self, ENGINES_OWN, check_version, encode_current, journal, keyspaces, open_tables, strangers},
        error::of_file,
    },
};

/// Mends the database at `data`; what every database has alike comes from a new one, `pattern`. Says how many parts of
/// it were beyond repair.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn mend(data: &Path, pattern: &Path) -> Result<u64, StoreError> {
    let mut gaps = 0;
    for path in strangers(data)? {
        remove(&path)?;
        gaps += 1;
    }
    gaps += journal::mend(data)?;
    for name in ["version", "lock"] {
        copy(&pattern.join(name), &data.join(name))?;
    }
    let (new, folder) = (keyspaces(pattern)?, data.join("keyspaces"));
    fs::create_dir_all(&folder).map_err(|error| of_file(&folder, &error))?;
    // A first start that was interrupted left other numbers: which is which only the engine's own keyspace tells.
    if keyspaces(data)?.iter().any(|(number, _)| new.iter().all(|(other, _)| other != number)) {
        return Ok(gaps);
    }
    for (number, empty) in new {
        let keyspace = folder.join(number.to_string());
        // The engine's own says the same in every database.
        let mended = if number == ENGINES_OWN { Some(Mended::Whole) } else { mend_keyspace(&keyspace) };
        gaps += u64::from(mended != Some(Mended::Whole));
        if number == ENGINES_OWN || mended.is_none() {
            replace(&empty, &keyspace)?;
        }
    }
    Ok(gaps)
}

/// What a keyspace has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mended {
    Whole,
    /// As some time ago.
    Older,
}

/// Mends what says which list of tables is the current one, if its tables can be opened then.
fn mend_keyspace(keyspace: &Path) -> Option<Mended> {
    if check_version(keyspace).is_ok() && open_tables(keyspace).is_ok() {
        return Some(Mended::Whole);
    }
    let older = versions(keyspace).into_iter().position(|(number, version)| {
        let Ok(bytes) = check::read(&version) else { return false };
        fs::write(keyspace.join("current"), encode_current(number, &bytes)).is_ok() && open_tables(keyspace).is_ok()
    })?;
    Some(if older == 0 { Mended::Whole } else { Mended::Older })
}

/// The lists of tables that a keyspace has, newest first.
fn versions(keyspace: &Path) -> Vec<(u64, PathBuf)> {
    let number = |path: &Path| path.file_name()?.to_str()?.strip_prefix('v')?.parse().ok();
    let entries = fs::read_dir(keyspace).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.filter_map(|entry| Some((number(&entry.path())?, entry.path()))).collect();
    found.sort_by(|left, right| right.cmp(left));
    found
}

/// Puts a keyspace in the place of another.
fn replace(from: &Path, to: &Path) -> Result<(), StoreError> {
    if to.is_dir() {
        remove(to)?;
    }
    fs::rename(from, to).map_err(|error| of_file(to, &error))
}

fn remove(path: &Path) -> Result<(), StoreError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map_err(|error| of_file(path, &error))
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::copy(from, to).map(drop).map_err(|error| of_file(to, &error))
}
