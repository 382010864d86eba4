//! The state directory: who may use it, which crawl lives in it, and how far that had come.
//!
//! ```text
//! DIR/lock      held by the process that uses the directory; free at once when it dies
//! DIR/anchor    the number of the last commit
//! DIR/identity  format and outputs; written last, so where it is the others must be
//! DIR/data/     the database
//! ```

pub(crate) mod anchor;
pub(crate) mod durable;
pub(crate) mod identity;
pub(crate) mod lock;

use std::{
    fs::{self, File},
    io::{self},
    path::{Path, PathBuf},
};

use self::{
    anchor::Anchor,
    durable::{name, write_new},
    identity::Identity,
};
use super::{
    check::{audit, check_files},
    error::{of_file, refused},
};
use crate::error::StoreError;

/// The length of the engine's marker, in bytes.
const MARKER: u64 = 4;

/// A state directory, locked.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    pub(crate) anchor: Anchor,
    pub(crate) identity: Identity,
    _lock: File,
}

/// What is to be found at the path of a state directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A crawl that goes on, or nothing yet.
    Any,
    /// Nothing: not even an empty directory.
    Fresh,
}

impl Directory {
    /// Opens the directory of the crawl with these outputs, or makes it.
    ///
    /// # Errors
    /// Refused when another process, another program, another format or a crawl with other outputs has it; damaged when
    /// a part of it is missing or not what was written.
    pub(crate) fn open(path: &Path, outputs: &[String], wanted: Wanted) -> Result<Self, StoreError> {
        make(path, wanted)?;
        let lock = lock::to_write(path)?;
        let (anchor, identity) = (path.join("anchor"), path.join("identity"));
        if !exists(&identity)? {
            check_empty(path)?;
            let new = Identity::new(outputs);
            Anchor::create(&anchor, new.crawl)?;
            write_new(&identity, new.encode().as_bytes()).map_err(|error| of_file(&identity, &error))?;
        }
        let identity = Identity::read(&identity)?;
        check_outputs(path, &identity.outputs, outputs)?;
        let anchor = Anchor::open(anchor, identity.crawl)?;
        Ok(Self { path: path.to_owned(), anchor, identity, _lock: lock })
    }

    /// Opens the directory of whatever crawl is in it.
    ///
    /// # Errors
    /// Refused when it is no state directory or in use; damaged.
    pub(crate) fn visit(path: &Path) -> Result<Self, StoreError> {
        check_state(path)?;
        let lock = lock::to_open(path)?;
        let identity = Identity::read(&path.join("identity"))?;
        let anchor = Anchor::open(path.join("anchor"), identity.crawl)?;
        Ok(Self { path: path.to_owned(), anchor, identity, _lock: lock })
    }

    /// Locks a directory of which something may be gone: the lock, and the identity, if it is there.
    ///
    /// # Errors
    /// Refused when it is no state directory, in use, or of another format.
    pub(crate) fn visit_damaged(path: &Path) -> Result<(File, Option<Identity>), StoreError> {
        check_state(path)?;
        let lock = lock::to_copy(path)?;
        match Identity::read(&path.join("identity")) {
            Ok(identity) => Ok((lock, Some(identity))),
            Err(StoreError::Damaged(_)) => Ok((lock, None)),
            Err(error) => Err(error),
        }
    }

    /// Makes the names in a new database durable that the engine does not: its own and those of its keyspaces.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn name_data(&self) -> Result<(), StoreError> {
        let data = self.path.join("data");
        // Any name in a directory stands for all.
        let names = [data.clone(), data.join("keyspaces"), data.join("keyspaces").join("0")];
        names.iter().try_for_each(|path| name(path).map_err(|error| of_file(path, &error)))
    }

    /// Where the database is. What an earlier start began to make of it and did not finish holds nothing and goes.
    ///
    /// # Errors
    /// Damaged when the database is gone though something was committed.
    pub(crate) fn data(&self) -> Result<PathBuf, StoreError> {
        let data = self.path.join("data");
        if is_made(&data)? {
            make_lock(&data.join("lock"))?;
            check_files(&data)?;
            // Before the first commit, what an interrupted start left is no damage.
            if self.anchor.number() > 0 {
                audit(&data, self.anchor.number())?;
            }
            return Ok(data);
        }
        if self.anchor.number() > 0 {
            let message = format!("the database in `{}` is gone, or a part of it", data.display());
            return Err(StoreError::Damaged(message.into()));
        }
        match fs::remove_dir_all(&data) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(of_file(&data, &error)),
            Ok(()) | Err(_) => Ok(data),
        }
    }
}

/// Whether the engine has made a database here. Its marker is the last that it writes then; a start that was killed may
/// leave it empty.
fn is_made(data: &Path) -> Result<bool, StoreError> {
    let marker = data.join("version");
    match fs::metadata(&marker) {
        Ok(found) => Ok(found.is_dir() || found.len() >= MARKER),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(of_file(&marker, &error)),
    }
}

/// Makes the engine's lock if it is gone: nothing stands in it, and what it keeps out is kept out by ours.
fn make_lock(path: &Path) -> Result<(), StoreError> {
    if exists(path)? {
        return Ok(());
    }
    File::create_new(path).map(drop).map_err(|error| of_file(path, &error))
}

/// Makes the directory if need be, and its name and those of the directories above it durable.
fn make(path: &Path, wanted: Wanted) -> Result<(), StoreError> {
    let failed = |error: &io::Error| of_file(path, error);
    match (exists(path)?, wanted) {
        (true, Wanted::Any) if path.is_dir() => Ok(()),
        (true, Wanted::Any) => Err(refused(format!("`{}` is no directory: name another", path.display()))),
        (true, Wanted::Fresh) => Err(refused(format!(
            "`{}` exists, and --fresh wants a directory that does not: name another, or leave out --fresh to go on with \
             the crawl in it",
            path.display()
        ))),
        (false, Wanted::Any | Wanted::Fresh) => {
            let new: Vec<_> = path.ancestors().take_while(|folder| !folder.exists()).collect();
            fs::create_dir_all(path).map_err(|error| failed(&error))?;
            new.into_iter().try_for_each(name).map_err(|error| failed(&error))
        }
    }
}

/// Checks that there is a state directory, or what is left of one.
fn check_state(path: &Path) -> Result<(), StoreError> {
    for part in ["identity", "anchor", "data"] {
        if exists(&path.join(part))? {
            return Ok(());
        }
    }
    Err(refused(format!("`{}` is no state directory", path.display())))
}

/// Without an identity there must be nothing but what a start leaves that was killed before it wrote one.
fn check_empty(path: &Path) -> Result<(), StoreError> {
    let entries = fs::read_dir(path).map_err(|error| of_file(path, &error))?;
    for entry in entries {
        let name = entry.map_err(|error| of_file(path, &error))?.file_name();
        match name.to_str() {
            Some("lock" | "anchor.new" | "identity.new" | "parsing") => {}
            Some("anchor") if Anchor::is_start(&path.join("anchor")) => {}
            Some("anchor" | "data") => {
                let message = format!("`{}` is gone, but not the rest", path.join("identity").display());
                return Err(StoreError::Damaged(message.into()));
            }
            Some(_) | None => {
                return Err(refused(format!(
                    "`{}` is no state directory: it has `{}`; name an empty or a new directory",
                    path.display(),
                    name.to_string_lossy()
                )));
            }
        }
    }
    Ok(())
}

fn check_outputs(path: &Path, found: &[String], wanted: &[String]) -> Result<(), StoreError> {
    if found == wanted {
        return Ok(());
    }
    Err(refused(format!(
        "the crawl in `{}` writes to {}, not to {}: go on with its own outputs, or start anew in another directory \
         (--state OTHER --fresh)",
        path.display(),
        list(found),
        list(wanted)
    )))
}

fn list(outputs: &[String]) -> String {
    if outputs.is_empty() { "nothing".to_owned() } else { outputs.join(", ") }
}

fn exists(path: &Path) -> Result<bool, StoreError> {
    path.try_exists().map_err(|error| of_file(path, &error))
}
