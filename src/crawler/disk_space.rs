//! Watches the free space of the disks that the crawl writes to.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use actix_rt::time::sleep;

use crate::{
    config::Config,
    messages::{Space, control::Schedulers},
};

/// Time between two checks.
const INTERVAL: Duration = Duration::from_secs(1);

/// Returns the directories that the crawl writes to.
pub(super) fn directories(config: &Config) -> BTreeSet<PathBuf> {
    let engine = config.store.engine();
    let state = engine.directory().map(Path::to_owned);
    config.sink.iter().filter_map(|sink| sink.directory()).chain(state).collect()
}

/// Tells the Scheduler every second whether each directory has at least `limit` free bytes.
pub(super) async fn watch(directories: BTreeSet<PathBuf>, limit: u64, mut schedulers: Schedulers) {
    if limit == 0 || directories.is_empty() {
        return;
    }
    while let Some(scheduler) = schedulers.current().await {
        let checked = directories.clone();
        // A file system that hangs delays only this check.
        let scarcest = tokio::task::spawn_blocking(move || scarcest(&checked)).await;
        if let Ok(Some((free, path))) = scarcest {
            let space = if free < limit { Space::Short { free, path } } else { Space::Enough };
            scheduler.space.do_send(space);
        }
        tokio::select! {
            () = sleep(INTERVAL) => {}
            // A new Scheduler must not issue leases while a disk is full.
            () = schedulers.changed() => {}
        }
    }
}

/// Returns the directory with the least free space; skips file systems that do not report it.
fn scarcest(directories: &BTreeSet<PathBuf>) -> Option<(u64, PathBuf)> {
    let free = |path: &PathBuf| {
        let space = rustix::fs::statvfs(path).ok()?;
        Some((space.f_bavail.saturating_mul(space.f_frsize), path.clone()))
    };
    directories.iter().filter_map(free).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_directories_are_skipped() {
        let here = BTreeSet::from([PathBuf::from("."), PathBuf::from("/nowhere/at/all")]);
        let (free, path) = scarcest(&here).unwrap();
        assert!(free > 0 && path.as_os_str() == ".");
    }
}
