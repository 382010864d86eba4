//! Finds pages that kill the process, and stops parsing them.
//!
//! A file records which pages are being parsed. After the next start, a page whose parsing did not end is a *suspect*: it
//! is parsed while nothing else is. If the process then aborts, the page is *poison* and is not parsed again. If the
//! process is killed instead, that proves little: only after [`DEATHS`](slots::DEATHS) deaths without a successful parse
//! the page is poison. The file is not synced: it must survive the death of the process, not of the machine.
//!
//! `slots` is the format of the file, `abort_marker` tells an abort from a kill.

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
    slots::{ENTRY, SLOTS, SlotFile},
};
use crate::{base::locks, error::StoreError, frontier::crawl_start::CrawlStart};

/// The file of pages being parsed.
#[derive(Debug)]
pub(crate) struct CrashGuard {
    file: File,
    _abort_marker: AbortMarker,
    image: Mutex<SlotFile>,
    /// True if there are suspects or poison, which is rare.
    has_suspects: AtomicBool,
    /// Held shared to parse ordinary pages, exclusively to parse a suspect.
    turn: RwLock<()>,
    /// Free slots; at most [`SLOTS`].
    free: Mutex<BTreeSet<usize>>,
}

/// Slot of a Parser in the file.
#[derive(Debug)]
pub(crate) struct Slot {
    guard: Arc<CrashGuard>,
    index: usize,
}

/// Error: the page is poison and is not parsed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quarantined;

impl CrashGuard {
    /// Opens the file of a state directory, or creates it for a new crawl. Pages that were being parsed become suspects or
    /// poison.
    ///
    /// # Errors
    /// If it is missing in a resumed crawl, is damaged, or cannot be written.
    pub(crate) fn open(path: &Path, start: CrawlStart) -> Result<Self, StoreError> {
        let mut image = read(path, start)?;
        let found = image.start_over();
        for url in &found.poison {
            log::error!(url = format!("{url:016x}"); "page kills the process; it is not parsed again");
        }
        for url in &found.suspects {
            log::warn!(url = format!("{url:016x}"); "page was being parsed when the process died; the next time it is parsed alone");
        }
        let file = slots::replace(path, &image).map_err(|error| failed(path, &error))?;
        let abort_marker = AbortMarker::install(path).map_err(|error| failed(path, &error))?;
        let free = Mutex::new((0..SLOTS).collect());
        let has_suspects = AtomicBool::new(image.has_suspects());
        Ok(Self {
            file,
            _abort_marker: abort_marker,
            image: Mutex::new(image),
            has_suspects,
            turn: RwLock::default(),
            free,
        })
    }

    /// Checks the file of a state directory.
    ///
    /// # Errors
    /// If it is missing in a resumed crawl, or is damaged.
    pub(crate) fn check(path: &Path, start: CrawlStart) -> Result<(), StoreError> {
        read(path, start).map(drop)
    }

    /// Takes a free slot. `None` if all are taken; then pages are parsed unrecorded.
    pub(crate) fn take_slot(self: &Arc<Self>) -> Option<Slot> {
        let index = locks::lock(&self.free).pop_first()?;
        Some(Slot { guard: self.clone(), index })
    }

    fn write(&self, entry: usize, bytes: [u8; ENTRY]) {
        // Without the entry a later crash does not make the page a suspect. It is parsed anyway.
        if let Err(error) = self.file.write_all_at(&bytes, (entry * ENTRY) as u64) {
            log::debug!(error:%; "cannot record the page being parsed");
        }
    }

    fn clear(&self, url: u64) {
        let mut image = locks::lock(&self.image);
        for entry in image.clear(url) {
            self.write(entry, slots::FREE);
        }
        self.has_suspects.store(image.has_suspects(), Ordering::Relaxed);
    }
}

impl Slot {
    /// Parses the page of this URL (the low half of its fingerprint), and records it in the file meanwhile.
    ///
    /// # Errors
    /// If the page is poison; then the input is returned.
    pub(crate) fn parse<I, O>(&self, url: u64, input: I, parse: impl FnOnce(I) -> O) -> Result<O, (I, Quarantined)> {
        if !self.guard.has_suspects.load(Ordering::Relaxed) {
            return Ok(self.record_while(url, input, parse));
        }
        let (is_poison, is_suspect) = {
            let image = locks::lock(&self.guard.image);
            (image.poison.contains(&url), image.is_suspect(url))
        };
        if is_poison {
            return Err((input, Quarantined));
        }
        // Poisoning of the lock does not matter: it guards no data, and panics are caught by the processor.
        if is_suspect {
            let _alone = locks::write(&self.guard.turn);
            let output = self.record_while(url, input, parse);
            self.guard.clear(url);
            return Ok(output);
        }
        let _shared = locks::read(&self.guard.turn);
        Ok(self.record_while(url, input, parse))
    }

    fn record_while<I, O>(&self, url: u64, input: I, parse: impl FnOnce(I) -> O) -> O {
        self.guard.write(self.index, slots::entry(url));
        let output = parse(input);
        self.guard.write(self.index, slots::FREE);
        output
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        locks::lock(&self.guard.free).insert(self.index);
    }
}

fn read(path: &Path, start: CrawlStart) -> Result<SlotFile, StoreError> {
    match (std::fs::read(path), start) {
        (Ok(bytes), CrawlStart::New | CrawlStart::Resumed) => {
            SlotFile::decode(&bytes).ok_or_else(|| StoreError::corrupt_file(path))
        }
        (Err(error), CrawlStart::New) if error.kind() == io::ErrorKind::NotFound => Ok(SlotFile::default()),
        (Err(error), CrawlStart::New | CrawlStart::Resumed) => Err(failed(path, &error)),
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
        Arc::new(CrashGuard::open(path, CrawlStart::Resumed).unwrap())
    }

    /// Simulates a process that is killed while it parses `url`.
    fn die(path: &Path, url: u64) {
        let guard = open(path);
        guard.write(3, slots::entry(url));
    }

    /// Simulates a process that aborts while it parses `url`.
    fn abort(path: &Path, url: u64) {
        die(path, url);
        let mut file = File::options().append(true).open(path).unwrap();
        file.write_all(&[abort_marker::ABORTED]).unwrap();
    }

    #[test]
    fn a_page_that_aborts_twice_is_not_parsed_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parsing");
        drop(CrashGuard::open(&path, CrawlStart::New).unwrap());
        abort(&path, 7);
        let slot = open(&path).take_slot().unwrap();
        assert_eq!(slot.parse(8, (), |()| 1), Ok(1), "no other page is a suspect");
        abort(&path, 7);
        for _ in 0..2 {
            let slot = open(&path).take_slot().unwrap();
            assert_eq!((slot.parse(7, (), |()| 1), slot.parse(8, (), |()| 1)), (Err(((), Quarantined)), Ok(1)));
        }
    }

    #[test]
    fn a_kill_proves_less_than_an_abort() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parsing");
        drop(CrashGuard::open(&path, CrawlStart::New).unwrap());
        (1..slots::DEATHS).for_each(|_| die(&path, 7));
        assert_eq!(open(&path).take_slot().unwrap().parse(7, (), |()| 1), Ok(1));
        assert!(!open(&path).has_suspects.load(Ordering::Relaxed), "a successful parse clears all deaths");
        (0..slots::DEATHS).for_each(|_| die(&path, 7));
        assert_eq!(open(&path).take_slot().unwrap().parse(7, (), |()| 1), Err(((), Quarantined)));
    }

    #[test]
    fn a_suspect_that_is_parsed_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parsing");
        drop(CrashGuard::open(&path, CrawlStart::New).unwrap());
        die(&path, 7);
        let guard = open(&path);
        let slot = guard.take_slot().unwrap();
        let alone = || guard.turn.try_read().is_err();
        assert_eq!(slot.parse(7, (), |()| alone()), Ok(true));
        assert!(!guard.has_suspects.load(Ordering::Relaxed));
        die(&path, 7);
        assert_eq!(open(&path).take_slot().unwrap().parse(7, (), |()| 1), Ok(1), "it is only a suspect again");
    }

    #[test]
    fn damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("parsing");
        let error = || CrashGuard::open(&path, CrawlStart::Resumed).unwrap_err().to_string();
        assert!(error().contains("parsing"), "it names the file");
        drop(CrashGuard::open(&path, CrawlStart::New).unwrap());
        die(&path, 7);
        let whole = std::fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[3 * ENTRY + 1] ^= 4;
        for bytes in [&whole[..whole.len() - 1], &[], &flipped] {
            std::fs::write(&path, bytes).unwrap();
            assert!(error().contains("is corrupt"));
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(error().contains("parsing"));
    }
}
