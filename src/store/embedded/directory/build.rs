//! A state directory that is built beside its final place.
//!
//! ```text
//! TARGET.salvage/lock   held by the process that builds
//! TARGET.salvage/copy/  copy of the damaged database
//! TARGET.salvage/new/   the state directory, with the file `unfinished` until it is whole; then it becomes TARGET
//! ```
//!
//! If the process is killed, `TARGET` does not exist. A crawl refuses to start a new one there, and refuses a directory with
//! the mark, wherever that is moved to. The next build of the same target starts again.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use super::durable::sync_name;
use crate::error::StoreError;

/// Name of the file that marks a state directory which is not whole.
pub(super) const MARK: &str = "unfinished";

/// A state directory that is being built. Dropping it discards what was built.
#[derive(Debug)]
pub(crate) struct Build {
    target: PathBuf,
    work: PathBuf,
    _lock: File,
}

impl Build {
    /// Starts to build a state directory at `target`, which must not exist.
    ///
    /// # Errors
    /// Refused if `target` exists or another process builds it; errors of the file system.
    pub(crate) fn start(target: &Path) -> Result<Self, StoreError> {
        if target.symlink_metadata().is_ok() {
            let shown = target.display();
            return Err(StoreError::refused(format!("`{shown}` exists; name another directory, or remove this one")));
        }
        let work = work_of(target);
        let failed = |error: io::Error| StoreError::from_file(&work, &error);
        fs::create_dir_all(&work).map_err(failed)?;
        let lock = work.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(lock).map_err(failed)?;
        if lock.try_lock().is_err() {
            let shown = work.display();
            return Err(StoreError::refused(format!("`{shown}` is in use by another process; wait for its end")));
        }
        let build = Self { target: target.to_owned(), work, _lock: lock };
        // What an interrupted build left.
        remove(&build.copy())?;
        remove(&build.directory())?;
        let mark = build.directory().join(MARK);
        let marked = fs::create_dir(build.directory()).and_then(|()| File::create_new(&mark)?.sync_all());
        marked.and_then(|()| sync_name(&mark)).map_err(|error| StoreError::from_file(&mark, &error))?;
        Ok(build)
    }

    /// Returns the state directory until it is whole.
    pub(crate) fn directory(&self) -> PathBuf {
        self.work.join("new")
    }

    /// Returns the place for a copy of the source.
    pub(crate) fn copy(&self) -> PathBuf {
        self.work.join("copy")
    }

    /// Moves the state directory, which is whole and closed, to its place.
    ///
    /// # Errors
    /// Of the file system.
    pub(crate) fn finish(self) -> Result<(), StoreError> {
        let (new, mark) = (self.directory(), self.directory().join(MARK));
        let moved = fs::remove_file(&mark).and_then(|()| sync_name(&mark)).and_then(|()| fs::rename(new, &self.target));
        moved.and_then(|()| sync_name(&self.target)).map_err(|error| StoreError::from_file(&self.target, &error))
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.work) {
            log::warn!(path:% = self.work.display(), error:%; "working directory not removed");
        }
    }
}

/// Checks that a state directory is whole.
///
/// # Errors
/// Refused if it has the mark of a build that was interrupted.
pub(super) fn check_finished(path: &Path) -> Result<(), StoreError> {
    if path.join(MARK).symlink_metadata().is_err() {
        return Ok(());
    }
    Err(StoreError::refused(format!(
        "`{}` is not whole: `lycosa state salvage` was interrupted while it made it; remove it, and salvage again",
        path.display()
    )))
}

/// Checks that no build of this directory was interrupted, before a new crawl is created in its place.
///
/// # Errors
/// Refused if one was.
pub(super) fn check_no_build(path: &Path) -> Result<(), StoreError> {
    let work = work_of(path);
    if work.symlink_metadata().is_err() {
        return Ok(());
    }
    let (shown, work) = (path.display(), work.display());
    Err(StoreError::refused(format!(
        "`{shown}` does not exist, and `{work}` is of a `lycosa state salvage` that was interrupted or still runs; salvage \
         again, or remove `{work}` to start a new crawl"
    )))
}

fn work_of(target: &Path) -> PathBuf {
    // A final slash is not part of the name.
    let mut work = target.components().as_path().as_os_str().to_owned();
    work.push(".salvage");
    work.into()
}

fn remove(directory: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::from_file(directory, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_build_is_noticed_and_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("state");
        let build = Build::start(&target).unwrap();
        assert!(matches!(Build::start(&target), Err(StoreError::Refused(_))), "two processes");
        assert!(matches!(check_no_build(&target), Err(StoreError::Refused(_))));
        assert!(matches!(check_finished(&build.directory()), Err(StoreError::Refused(_))));
        fs::write(build.directory().join("left"), "over").unwrap();
        // As if the process were killed.
        let work = build.work.clone();
        std::mem::forget(build._lock.try_clone().unwrap());
        build._lock.unlock().unwrap();
        std::mem::forget(build);

        let build = Build::start(&target).unwrap();
        assert!(!build.directory().join("left").exists());
        build.finish().unwrap();
        assert!(target.is_dir() && !work.exists());
        check_finished(&target).unwrap();
        check_no_build(&target).unwrap();
        assert!(matches!(Build::start(&target), Err(StoreError::Refused(_))), "it exists");
    }
}
