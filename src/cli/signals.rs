//! Signals that must not kill the process. `Crawler::stop_on_signals` handles SIGTERM and SIGINT.

use std::io;

/// Ignores SIGXFSZ: a file at its size limit (`ulimit -f`) then fails to write, instead of killing the process.
#[cfg(unix)]
pub(crate) fn outlive_large_files() -> io::Result<()> {
    signal_hook::flag::register(libc::SIGXFSZ, std::sync::Arc::default()).map(drop)
}

#[cfg(not(unix))]
pub(crate) fn outlive_large_files() -> io::Result<()> {
    Ok(())
}
