//! SIGTERM and SIGINT: the first drains the crawl, the second stops it at once.

use std::io;

use log::{info, warn};

use crate::crawler::stopper::Stopper;

/// Stops the crawl at each signal.
pub(crate) async fn forward(stopper: Stopper) {
    if let Err(error) = each_signal(&stopper).await {
        warn!(error:%; "cannot install signal handlers");
    }
}

#[cfg(unix)]
async fn each_signal(stopper: &Stopper) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    loop {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        info!(signal = name; "stopping; a second signal stops at once");
        stopper.stop();
    }
}

#[cfg(not(unix))]
async fn each_signal(stopper: &Stopper) -> io::Result<()> {
    loop {
        tokio::signal::ctrl_c().await?;
        info!("stopping; a second Ctrl-C stops at once");
        stopper.stop();
    }
}
