//! Which pages are being parsed, in a file that outlives the process: a page that kills it is found, and parsed no more.
//!
//! A page whose parsing did not end is a *suspect* from the next start on: it is parsed alone, with nothing else being
//! parsed. If the process aborts then, the page is *poison*. A process that was killed says little of the page: that takes
//! [`DEATHS`](slots::DEATHS) of them, with no parsing that ended in between. Nothing is synced: what matters is the death
//! of the process, not the machine's.

pub(crate) mod abort_marker;
pub(crate) mod slots;

use std::{
    collections::BTreeSet,
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use self::{
    abort_marker::AbortMarker,
    slots::{ENTRY, SEATS, SlotFile},
};
use crate::{base::locks, error::StoreError};

/// The file, and what it says.
#[derive(Debug)]
pub(crate) struct CrashGuard {
    file: File,
    _aborts: AbortMarker,
    image: Mutex<SlotFile>,
    /// Whether there are suspects or poison at all; hardly ever.
    is_wary: AtomicBool,
    /// Shared by pages beyond suspicion, held alone for a suspect.
    room: RwLock<()>,
    /// Seats nobody has: at most [`SEATS`].
    free: Mutex<BTreeSet<usize>>,
}

/// A Parser's place in the file.
#[derive(Debug)]
pub(crate) struct Slot {
    parsing: Arc<CrashGuard>,
    index: usize,
}

/// A page that is not parsed any more: it killed the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quarantined;

impl CrashGuard {
    /// Opens the file of a state directory, or makes it for a new crawl. Whoever was being parsed is a suspect from now
    /// on; a suspect that was being parsed is poison, if it looks as if it had killed the process.
    ///
    /// # Errors
    /// When it is missing though the crawl is not new, is not what was written, or cannot be written.
    pub(crate) fn open(path: &Path, age: StartKind) -> Result<Self, StoreError> {
        let mut image = read(path, age)?;
        let found = image.turn_over();
        for url in &found.poison {
            log::error!(url = format!("{url:016x}"); "page killed the process whenever it was parsed; it is parsed no more");
        }
        for url in &found.suspects {
            log::warn!(url = format!("{url:016x}"); "page was being parsed when the process died; it is parsed alone");
        }
        let file = slots::replace(path, &image).map_err(|error| failed(path, &error))?;
        let aborts = AbortMarker::noted_in(path).map_err(|error| failed(path, &error))?;
        let free = Mutex::new((0..SEATS).collect());
        let is_wary = AtomicBool::new(image.is_wary());
        Ok(Self { file, _aborts: aborts, image: Mutex::new(image), is_wary, room: RwLock::default(), free })
    }

    /// Looks whether the file of a state directory is what was written.
    ///
    /// # Errors
    /// When it is missing though the crawl is not new, or is not what was written.
    pub(crate) fn check(path: &Path, age: StartKind) -> Result<(), StoreError> {
        read(path, age).map(drop)
    }

    /// A seat; none when all are taken, and then nothing is noted.
    pub(crate) fn seat(self: &Arc<Self>) -> Option<Slot> {
        let index = locks::lock(&self.free).pop_first()?;
        Some(Slot { parsing: self.clone(), index })
    }

    fn write(&self, entry: usize, bytes: [u8; ENTRY]) {
        // A note that cannot be written is a suspicion less; the page is parsed all the same.
        if let Err(error) = self.file.write_all_at(&bytes, (entry * ENTRY) as u64) {
            log::debug!(error:%; "note not written");
        }
    }

    fn acquit(&self, url: u64) {
        let mut image = locks::lock(&self.image);
        for entry in image.acquit(url) {
            self.write(entry, slots::FREE);
        }
        self.is_wary.store(image.is_wary(), Ordering::Relaxed);
    }
}

impl Slot {
    /// Parses the page of this URL (the low half of its fingerprint), noted for as long as that takes.
    ///
    /// # Errors
    /// When it is poison.
    pub(crate) fn parse<I, O>(&self, url: u64, input: I, parse: impl FnOnce(I) -> O) -> Result<O, (I, Quarantined)> {
        if !self.parsing.is_wary.load(Ordering::Relaxed) {
            return Ok(self.noted(url, input, parse));
        }
        let (is_poison, is_suspect) = {
            let image = locks::lock(&self.parsing.image);
            (image.poison.contains(&url), image.is_suspect(url))
        };
        if is_poison {
            return Err((input, Quarantined));
        }
        // A panic inside is caught further in, and the lock guards nothing that could be half done.
        if is_suspect {
            let _alone = locks::write(&self.parsing.room);
            let output = self.noted(url, input, parse);
            self.parsing.acquit(url);
            return Ok(output);
        }
        let _shared = locks::read(&self.parsing.room);
        Ok(self.noted(url, input, parse))
    }

    fn noted<I, O>(&self, url: u64, input: I, parse: impl FnOnce(I) -> O) -> O {
        self.parsing.write(self.index, slots::entry(url));
        let output = parse(input);
        self.parsing.write(self.index, slots::FREE);
        output
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        locks::lock(&self.parsing.free).insert(self.index);
    }
}

/// Whether a crawl is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartKind {
    /// Nothing was committed yet.
    New,
    /// It goes on.
    Old,
}

fn read(path: &Path, age: StartKind) -> Result<SlotFile, StoreError> {
    match (std::fs::read(path), age) {
        (Ok(bytes), StartKind::New | StartKind::Old) => {
            SlotFile::decode(&bytes).ok_or_else(|| StoreError::corrupt_file(path))
        }
        (Err(error), StartKind::New) if error.kind() == io::ErrorKind::NotFound => Ok(SlotFile::default()),
        (Err(error), StartKind::New | StartKind::Old) => Err(failed(path, &error)),
    }
}

fn failed(path: &Path, error: &io::Error) -> StoreError {
    let message = format!("`{}`: {error}", path.display()).into();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::DiskFull(message),
        _ => StoreError::Damaged(message),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn open(path: &Path) -> Arc<CrashGuard> {
        Arc::new(CrashGuard::open(path, StartKind::Old).unwrap())
    }

    /// The process is killed while `url` is parsed.
    fn die(path: &Path, url: u64) {
        let parsing = open(path);
        parsing.write(3, slots::entry(url));
    }

    /// The process aborts while `url` is parsed.
    fn abort(path: &Path, url: u64) {
        die(path, url);
        let mut file = File::options().append(true).open(path).unwrap();
        file.write_all(&[abort_marker::ABORTED]).unwrap();
    }

    #[test]
    fn what_aborts_twice_is_parsed_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parsing");
        drop(CrashGuard::open(&path, StartKind::New).unwrap());
        abort(&path, 7);
        let seat = open(&path).seat().unwrap();
        assert_eq!(seat.parse(8, (), |()| 1), Ok(1), "nobody else is suspected");
        abort(&path, 7);
        for _ in 0..2 {
            let seat = open(&path).seat().unwrap();
            assert_eq!((seat.parse(7, (), |()| 1), seat.parse(8, (), |()| 1)), (Err(((), Quarantined)), Ok(1)));
        }
    }

    #[test]
    fn who_is_killed_is_no_proof() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parsing");
        drop(CrashGuard::open(&path, StartKind::New).unwrap());
        (1..slots::DEATHS).for_each(|_| die(&path, 7));
        assert_eq!(open(&path).seat().unwrap().parse(7, (), |()| 1), Ok(1));
        assert!(!open(&path).is_wary.load(Ordering::Relaxed), "all its deaths are forgotten");
        (0..slots::DEATHS).for_each(|_| die(&path, 7));
        assert_eq!(open(&path).seat().unwrap().parse(7, (), |()| 1), Err(((), Quarantined)));
    }

    #[test]
    fn a_suspect_that_is_parsed_is_acquitted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parsing");
        drop(CrashGuard::open(&path, StartKind::New).unwrap());
        die(&path, 7);
        let parsing = open(&path);
        let seat = parsing.seat().unwrap();
        let alone = || parsing.room.try_read().is_err();
        assert_eq!(seat.parse(7, (), |()| alone()), Ok(true));
        assert!(!parsing.is_wary.load(Ordering::Relaxed));
        die(&path, 7);
        assert_eq!(open(&path).seat().unwrap().parse(7, (), |()| 1), Ok(1), "it is a suspect again, no more");
    }

    #[test]
    fn damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parsing");
        let fault = || CrashGuard::open(&path, StartKind::Old).unwrap_err().to_string();
        assert!(fault().contains("parsing"), "it is missing");
        drop(CrashGuard::open(&path, StartKind::New).unwrap());
        die(&path, 7);
        let whole = std::fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[3 * ENTRY + 1] ^= 4;
        for bytes in [&whole[..whole.len() - 1], &[], &flipped] {
            std::fs::write(&path, bytes).unwrap();
            assert!(fault().contains("is not what was written"));
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(fault().contains("parsing"));
    }
}
