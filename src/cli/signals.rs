//! Signals that must not kill the process. `Crawler::stop_on_signals` handles SIGTERM and SIGINT.

use std::io;

/// Ignores SIGXFSZ: a file at its size limit (`ulimit -f`) then fails to write, instead of killing the process.
#[cfg(unix)]
pub(crate) fn outlive_large_files() -> io::Result<()> {
    signal_hook::flag::register(libc::SIGXFSZ, std::sync::Arc::default()).map(drop)
}

/// Lets a crawl survive SIGHUP, SIGUSR1 and SIGUSR2 before it logs them.
#[cfg(unix)]
pub(crate) fn outlive_operator_signals() -> io::Result<()> {
    let mut signals = [libc::SIGHUP, libc::SIGUSR1, libc::SIGUSR2].into_iter();
    signals.try_for_each(|signal| signal_hook::flag::register(signal, std::sync::Arc::default()).map(drop))
}

#[cfg(not(unix))]
pub(crate) fn outlive_operator_signals() -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn outlive_large_files() -> io::Result<()> {
    Ok(())
}
