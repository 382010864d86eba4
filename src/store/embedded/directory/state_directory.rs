//! Opens a state directory, and checks that it is whole and belongs to the crawl.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{
    anchor::Anchor,
    build::{MARK, check_finished, check_no_build},
    durable::{sync_name, write_atomic},
    identity::Identity,
    lock,
    permissions::{create_private, make_private},
};
use crate::{
    error::StoreError,
    store::{
        embedded::check::{check_database, check_layout},
        engine::OpenMode,
    },
};

/// Size of the database's marker file, in bytes.
const MARKER_SIZE: u64 = 4;

/// A locked state directory.
#[derive(Debug)]
pub(crate) struct StateDirectory {
    path: PathBuf,
    pub(crate) anchor: Anchor,
    pub(crate) identity: Identity,
    lock: File,
}

impl StateDirectory {
    /// Opens the directory of the crawl with these outputs, or creates it.
    ///
    /// # Errors
    /// Refused if it is in use, not ours, of another format, or of a crawl with other outputs; damaged if a part of it is
    /// missing or corrupt.
    pub(crate) fn open(path: &Path, outputs: &[String], mode: OpenMode) -> Result<Self, StoreError> {
        create(path, mode)?;
        if mode != OpenMode::Build {
            check_finished(path)?;
        }
        let lock = lock::for_crawl(path)?;
        make_private(path);
        let (anchor, identity) = (path.join("anchor"), path.join("identity"));
        if !exists(&identity)? {
            check_empty(path)?;
            let new = Identity::new(outputs);
            Anchor::create(&anchor, new.crawl)?;
            let written = write_atomic(&identity, new.encode().as_bytes());
            written.map_err(|error| StoreError::from_file(&identity, &error))?;
        }
        let identity = Identity::read(&identity)?;
        check_outputs(path, &identity.outputs, outputs)?;
        let anchor = Anchor::open(anchor, identity.crawl)?;
        Ok(Self { path: path.to_owned(), anchor, identity, lock })
    }

    /// Withdraws the permissions of others from new files.
    pub(crate) fn make_private(&self) {
        make_private(&self.path);
    }

    /// Writes the identity in the current format, if it has an older one. Called before the first commit, whose values an
    /// older version cannot read.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn upgrade(&mut self) -> Result<(), StoreError> {
        if !self.identity.is_old() {
            return Ok(());
        }
        let (file, identity) = (self.path.join("identity"), self.identity.clone().upgraded());
        let written = write_atomic(&file, identity.encode().as_bytes());
        written.map_err(|error| StoreError::from_file(&file, &error))?;
        log::info!(path:% = self.path.display(); "state directory upgraded to the current format");
        self.identity = identity;
        Ok(())
    }

    /// Opens an existing directory, whatever crawl is in it.
    ///
    /// # Errors
    /// Refused if it is not a state directory or in use; damaged.
    pub(crate) fn open_existing(path: &Path) -> Result<Self, StoreError> {
        check_state_directory(path)?;
        let lock = lock::for_reading(path)?;
        let identity = Identity::read(&path.join("identity"))?;
        let anchor = Anchor::open(path.join("anchor"), identity.crawl)?;
        Ok(Self { path: path.to_owned(), anchor, identity, lock })
    }

    /// Locks a directory that may be damaged. Returns its lock, and its identity if that can be read.
    ///
    /// # Errors
    /// Refused if it is not a state directory, in use, or of another format.
    pub(crate) fn lock_damaged(path: &Path) -> Result<(File, Option<Identity>), StoreError> {
        check_state_directory(path)?;
        let lock = lock::for_copying(path)?;
        match Identity::read(&path.join("identity")) {
            Ok(identity) => Ok((lock, Some(identity))),
            Err(StoreError::Damaged(_)) => Ok((lock, None)),
            Err(error) => Err(error),
        }
    }

    /// Returns only the lock.
    pub(crate) fn into_lock(self) -> File {
        self.lock
    }

    /// Makes the names in a new database durable that fjall does not sync: its own and those of its keyspaces.
    pub(crate) fn sync_data_names(&self) -> Result<(), StoreError> {
        let data = self.path.join("data");
        // One name per directory is enough, because the directory is synced.
        let names = [data.clone(), data.join("keyspaces"), data.join("keyspaces").join("0")];
        names.iter().try_for_each(|path| sync_name(path).map_err(|error| StoreError::from_file(path, &error)))
    }

    /// Checks the database's files, and returns its directory.
    ///
    /// A database that an earlier start did not finish creating is empty, and is removed.
    ///
    /// # Errors
    /// Damaged if a commit was made and the database, or a part of it, is missing or corrupt.
    pub(crate) fn data(&self) -> Result<PathBuf, StoreError> {
        let data = self.path.join("data");
        if is_created(&data)? {
            restore_database_lock(&data.join("lock"))?;
            check_layout(&data)?;
            // Before the first commit, whatever an interrupted start left is not damage.
            if self.anchor.number() > 0 {
                check_database(&data, self.anchor.number())?;
            }
            return Ok(data);
        }
        if self.anchor.number() > 0 {
            return Err(StoreError::damaged(format!("the database in `{}` is missing or incomplete", data.display())));
        }
        match fs::remove_dir_all(&data) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::from_file(&data, &error)),
            Ok(()) | Err(_) => Ok(data),
        }
    }
}

/// Returns true if fjall finished creating a database. It writes its marker file last; a start that was killed may leave
/// the marker empty.
fn is_created(data: &Path) -> Result<bool, StoreError> {
    let marker = data.join("version");
    match fs::metadata(&marker) {
        Ok(found) => Ok(found.is_dir() || found.len() >= MARKER_SIZE),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::from_file(&marker, &error)),
    }
}

/// Creates the database's lock file if it is missing. That is safe: the file is empty, and our own lock keeps other
/// processes out.
fn restore_database_lock(path: &Path) -> Result<(), StoreError> {
    if exists(path)? {
        return Ok(());
    }
    File::create_new(path).map(drop).map_err(|error| StoreError::from_file(path, &error))
}

/// Creates the directory if necessary, and makes its name and those of its new parents durable.
fn create(path: &Path, mode: OpenMode) -> Result<(), StoreError> {
    match (exists(path)?, mode) {
        (true, OpenMode::ResumeOrCreate) if path.is_dir() => Ok(()),
        (true, OpenMode::ResumeOrCreate) => {
            Err(StoreError::refused(format!("`{}` is not a directory; use another path", path.display())))
        }
        (true, OpenMode::CreateNew) => Err(StoreError::refused(format!(
            "`{}` exists, and --fresh requires a new directory; use another path, or leave out --fresh to resume the \
             crawl in it",
            path.display()
        ))),
        (_, OpenMode::Build) => Ok(()),
        (false, OpenMode::ResumeOrCreate | OpenMode::CreateNew) => {
            check_no_build(path)?;
            let new: Vec<_> = path.ancestors().take_while(|folder| !folder.exists()).collect();
            let created = create_private(path).and_then(|()| new.into_iter().try_for_each(sync_name));
            created.map_err(|error| StoreError::from_file(path, &error))
        }
    }
}

/// Checks that there is a state directory, or a part of one.
fn check_state_directory(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        for part in ["identity", "anchor", "data"] {
            if exists(&path.join(part))? {
                return check_finished(path);
            }
        }
    } else if !exists(path)? {
        return Err(StoreError::refused(format!("`{}` does not exist; name a state directory", path.display())));
    }
    Err(StoreError::refused(format!("`{}` is not a state directory", path.display())))
}

/// Checks a directory without an identity: it may contain only what a start leaves that was killed before it wrote one.
fn check_empty(path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::from_file(path, &error);
    for entry in fs::read_dir(path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        match name.to_str() {
            Some("lock" | "anchor.new" | "identity.new" | "parsing" | MARK) => {}
            Some("anchor") if Anchor::is_start(&path.join("anchor")) => {}
            Some("anchor" | "data") => {
                let identity = path.join("identity");
                return Err(StoreError::damaged(format!("`{}` is missing", identity.display())));
            }
            Some(_) | None => {
                return Err(StoreError::refused(format!(
                    "`{}` is not a state directory: it contains `{}`; use an empty or a new directory",
                    path.display(),
                    name.to_string_lossy()
                )));
            }
        }
    }
    Ok(())
}

fn check_outputs(path: &Path, stored: &[String], wanted: &[String]) -> Result<(), StoreError> {
    if stored == wanted {
        return Ok(());
    }
    Err(StoreError::refused(format!(
        "the crawl in `{}` writes to {}, not to {}; resume it with its own outputs, or start a new crawl in another \
         directory (--state OTHER --fresh)",
        path.display(),
        list(stored),
        list(wanted)
    )))
}

fn list(outputs: &[String]) -> String {
    if outputs.is_empty() { "nothing".to_owned() } else { outputs.join(", ") }
}

fn exists(path: &Path) -> Result<bool, StoreError> {
    path.try_exists().map_err(|error| StoreError::from_file(path, &error))
}
