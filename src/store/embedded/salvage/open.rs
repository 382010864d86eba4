//! Opens a repaired copy of a damaged database.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use super::{commits::CommitsInFiles, repair::repair};
use crate::{
    error::StoreError,
    store::{
        embedded::{
            database::Database,
            directory::{Anchor, Identity, StateDirectory},
            state_reader::{READER_MEMORY, StateReader},
        },
        inspect::DamagedCrawl,
    },
};

/// Opens what is left of a damaged state directory: copies its database to a new directory `copy`, and repairs the copy.
///
/// # Errors
/// If nothing can be read, or the copy cannot be written.
pub(crate) fn open_damaged_directory(path: &Path, copy: &Path) -> Result<DamagedCrawl, StoreError> {
    let (lock, identity) = StateDirectory::lock_damaged(path)?;
    let data = copy.join("data");
    copy_directory(&path.join("data"), &data)?;
    let template = copy.join("template");
    drop(Database::open_damaged(&template, READER_MEMORY)?);
    let gaps = repair(&data, &template)?;
    let commits = CommitsInFiles::read(&data)?;
    let database = Database::open_damaged(&data, READER_MEMORY)?;
    let identity = match identity {
        Some(identity) => identity,
        None => Identity::decode_copy(&database.identity()?)?,
    };
    let anchor = Anchor::read_number(&path.join("anchor"), identity.crawl).ok();
    let extent = commits.extent(&database, anchor);
    // A journal that ends too early, or is missing, leaves no other trace than missing commits.
    let gaps = if extent.missing > 0 { gaps.max(1) } else { gaps };
    Ok(DamagedCrawl { crawl: Box::new(StateReader::new(database, identity.outputs, lock)), gaps, extent })
}

/// Copies a directory; replaces the target.
fn copy_directory(from: &Path, to: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(StoreError::from_file(to, &error)),
        Ok(()) | Err(_) => {}
    }
    let mut directories = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = directories.pop() {
        fs::create_dir_all(&to).map_err(|error| StoreError::from_file(&to, &error))?;
        for entry in fs::read_dir(&from).map_err(|error| StoreError::from_file(&from, &error))? {
            let entry = entry.map_err(|error| StoreError::from_file(&from, &error))?;
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            if source.is_dir() {
                directories.push((source, target));
            } else {
                copy_file(&source, &target).map_err(|error| StoreError::from_file(&source, &error))?;
            }
        }
    }
    Ok(())
}

/// Copies the content of a file, but not its permissions: the copy must be writable.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    io::copy(&mut File::open(from)?, &mut File::create(to)?).map(drop)
}
