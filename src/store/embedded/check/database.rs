//! Checks the files of a whole database.

use std::path::Path;

use super::{
    journal::commit_range,
    keyspace::{FJALL_KEYSPACE, check_version, keyspaces, last_commit, open_tables},
    tables::{TableFile, check_tables},
};
use crate::{error::StoreError, store::embedded::keys::KEYSPACES};

/// Checks the files of a database that must have all commits up to `anchor`.
///
/// Only a part of the tables is read if they are large, see [`check_tables`].
///
/// # Errors
/// Damaged if a file is missing or corrupt.
pub(crate) fn check_database(data: &Path, anchor: u64) -> Result<(), StoreError> {
    let keyspaces = keyspaces(data)?;
    // One more: fjall's own.
    if keyspaces.len() <= KEYSPACES {
        return Err(StoreError::damaged(format!("a keyspace is missing in `{}`", data.join("keyspaces").display())));
    }
    keyspaces.iter().try_for_each(|(_, path)| check_version(path))?;
    let in_journals = commit_range(data)?;
    if let Some((_, last)) = in_journals
        && last < anchor
    {
        return Err(StoreError::damaged(format!("the journals end at commit {last}, but {anchor} were made")));
    }
    // Commits that are in no journal must be in the tables.
    let required = in_journals.map_or(anchor, |(first, _)| first.saturating_sub(1));
    let mut tables = Vec::new();
    for (id, path) in &keyspaces {
        let tree = open_tables(path)?;
        tables.extend(TableFile::list(&tree));
        let number = last_commit(&tree)?;
        if *id != FJALL_KEYSPACE && number < required {
            return Err(StoreError::damaged(format!(
                "`{}` ends at commit {number}, and commit {required} is in no journal",
                path.display()
            )));
        }
    }
    check_tables(tables)
}
