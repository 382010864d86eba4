//! Tells the process that kills itself (a stack that overflows, memory that cannot be had, `abort`) from the one that is
//! killed: a byte behind the notes, written by the handler of the signal. SIGKILL, and the kernel when memory is short, leave
//! none.

use std::{
    fs::OpenOptions,
    io,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use signal_hook::{SigId, consts::SIGABRT, flag, low_level};

/// What the handler writes.
pub(crate) const ABORTED: u8 = b'X';

/// For as long as it lives, an abort is noted.
#[derive(Debug)]
pub(crate) struct AbortMarker([SigId; 2]);

impl AbortMarker {
    /// Has an abort noted behind the notes in this file.
    ///
    /// # Errors
    /// The file's.
    pub(crate) fn noted_in(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).open(path)?;
        let note = low_level::pipe::register(SIGABRT, file)?;
        // In this order: behind the note, the process ends as it would have.
        let end = flag::register_conditional_default(SIGABRT, Arc::new(AtomicBool::new(true)))?;
        Ok(Self([note, end]))
    }
}

impl Drop for AbortMarker {
    fn drop(&mut self) {
        for id in self.0 {
            // That it is gone already would be as good.
            low_level::unregister(id);
        }
    }
}
