//! Distinguishes a process that aborts from one that is killed.
//!
//! A process aborts on a stack overflow, a failed allocation or `abort`. The signal handler then appends a byte to the
//! file. After SIGKILL, also by the kernel when memory is short, there is no such byte.

use std::{
    fs::OpenOptions,
    io,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use signal_hook::{SigId, consts::SIGABRT, flag, low_level};

/// Byte that the signal handler writes.
pub(crate) const ABORTED: u8 = b'X';

/// Signal handlers that record an abort. Dropping it removes them.
#[derive(Debug)]
pub(crate) struct AbortMarker([SigId; 2]);

impl AbortMarker {
    /// Registers handlers that append [`ABORTED`] to this file.
    ///
    /// # Errors
    /// If the file cannot be opened or a handler cannot be registered.
    pub(crate) fn install(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).open(path)?;
        let marker = low_level::pipe::register(SIGABRT, file)?;
        // The order matters: after the byte is written, the process ends as it would without handlers.
        let end = flag::register_conditional_default(SIGABRT, Arc::new(AtomicBool::new(true)))?;
        Ok(Self([marker, end]))
    }
}

impl Drop for AbortMarker {
    fn drop(&mut self) {
        for id in self.0 {
            // The result does not matter: a handler that is gone is as good as removed.
            low_level::unregister(id);
        }
    }
}
