//! Permissions of a state directory: only its owner may read it, with any umask. It has cookies, and URLs with keys.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::Path,
};

/// Mode of directories.
const DIRECTORY: u32 = 0o700;

/// Mode of files.
const FILE: u32 = 0o600;

/// Creates a directory that only its owner may read, and its parents as usual.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(DIRECTORY).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        created => created,
    }
}

/// Withdraws all permissions of others from a directory and everything in it. The database creates its files with the
/// process's umask, so this is repeated while the crawl runs; meanwhile the directory itself keeps others out.
pub(super) fn make_private(path: &Path) {
    if let Err(error) = set_modes(path) {
        // A directory of another user, or a file system without permissions: the crawl works all the same.
        log::debug!(path:% = path.display(), error:%; "permissions of the state directory not changed");
    }
}

fn set_modes(path: &Path) -> io::Result<()> {
    let mut directories = vec![path.to_owned()];
    while let Some(directory) = directories.pop() {
        set_mode(&directory, DIRECTORY)?;
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                directories.push(entry.path());
            } else if kind.is_file() {
                set_mode(&entry.path(), FILE)?;
            }
        }
    }
    Ok(())
}

fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    let changed = fs::metadata(path).and_then(|found| {
        let is_private = found.permissions().mode() & 0o077 == 0;
        if is_private { Ok(()) } else { fs::set_permissions(path, Permissions::from_mode(mode)) }
    });
    match changed {
        // The database has removed it meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        changed => changed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_can_read_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("new/state");
        create_private(&state).unwrap();
        create_private(&state).unwrap();
        fs::create_dir_all(state.join("data/tables")).unwrap();
        for file in ["anchor", "data/0.jnl", "data/tables/1"] {
            fs::write(state.join(file), "x").unwrap();
            fs::set_permissions(state.join(file), Permissions::from_mode(0o666)).unwrap();
        }
        make_private(&state);
        let mode = |path: &str| state.join(path).metadata().unwrap().permissions().mode() & 0o777;
        for (path, expected) in
            [("", 0o700), ("data", 0o700), ("data/tables", 0o700), ("anchor", 0o600), ("data/tables/1", 0o600)]
        {
            assert_eq!(mode(path), expected, "{path}");
        }
        make_private(&folder.path().join("nowhere"));
    }
}
