//! Signals. The first SIGTERM or SIGINT drains the crawl, the second stops it at once. SIGHUP, SIGUSR1 and SIGUSR2, which
//! would end the process otherwise, are logged.

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
    let mut hangup = signal(SignalKind::hangup())?;
    let mut user1 = signal(SignalKind::user_defined1())?;
    let mut user2 = signal(SignalKind::user_defined2())?;
    loop {
        let ignored = tokio::select! {
            _ = terminate.recv() => Err("SIGTERM"),
            _ = interrupt.recv() => Err("SIGINT"),
            _ = hangup.recv() => Ok("SIGHUP"),
            _ = user1.recv() => Ok("SIGUSR1"),
            _ = user2.recv() => Ok("SIGUSR2"),
        };
        let name = match ignored {
            Ok(name) => {
                info!(signal = name; "signal ignored; SIGTERM stops the crawl");
                continue;
            }
            Err(name) => name,
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
