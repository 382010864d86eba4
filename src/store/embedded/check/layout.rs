//! Files and directories of a database, by name.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::error::StoreError;

/// Directories of a database, apart from those of the keyspaces.
const DIRECTORIES: [&str; 3] = ["keyspaces", "tables", "blobs"];

/// Checks that there is no directory in place of a file, which makes fjall panic, and no file in place of a directory.
///
/// # Errors
/// Damaged if there is one.
pub(crate) fn check_layout(data: &Path) -> Result<(), StoreError> {
    misplaced(data)?.first().map_or(Ok(()), |path| Err(StoreError::corrupt_file(path)))
}

/// Returns directories in place of files, and files in place of directories.
pub(crate) fn misplaced(data: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let (mut found, mut directories) = (Vec::new(), vec![data.to_owned()]);
    while let Some(directory) = directories.pop() {
        let failed = |error| StoreError::from_file(&directory, &error);
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let is_directory_name = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
                DIRECTORIES.contains(&name) || (directory.ends_with("keyspaces") && name.parse::<u64>().is_ok())
            });
            match (path.is_dir(), is_directory_name) {
                (true, true) => directories.push(path),
                (false, false) => {}
                (true, false) | (false, true) => found.push(path),
            }
        }
    }
    Ok(found)
}
