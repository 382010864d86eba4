//! Looks how much room the disks have that the crawl writes to.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use actix::Recipient;

use crate::{config::Config, messages::Space};

/// How often it looks.
const LOOK: Duration = Duration::from_secs(1);

/// The directories that the crawl writes to.
pub(super) fn directories(config: &Config) -> BTreeSet<PathBuf> {
    let engine = config.store.engine();
    let state = engine.directory().map(Path::to_owned);
    let outputs = config.sink.iter().filter_map(|sink| {
        let parent = sink.path.as_ref()?.parent()?;
        Some(if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() })
    });
    outputs.chain(state).collect()
}

/// Tells the Scheduler every second whether each directory has at least `wanted` bytes left. Ends when it is gone.
pub(super) async fn watch(directories: BTreeSet<PathBuf>, wanted: u64, scheduler: Recipient<Space>) {
    if wanted == 0 || directories.is_empty() {
        return;
    }
    while scheduler.connected() {
        let looked_at = directories.clone();
        // A file system that hangs holds up this look, and nothing else.
        let scarcest = tokio::task::spawn_blocking(move || scarcest(&looked_at)).await;
        if let Ok(Some((free, path))) = scarcest {
            let space = if free < wanted { Space::Short { free, path } } else { Space::Enough };
            scheduler.do_send(space);
        }
        actix_rt::time::sleep(LOOK).await;
    }
}

/// The directory with the least room, and that; a file system that does not say is passed over.
fn scarcest(directories: &BTreeSet<PathBuf>) -> Option<(u64, PathBuf)> {
    let free = |path: &PathBuf| {
        let room = rustix::fs::statvfs(path).ok()?;
        Some((room.f_bavail.saturating_mul(room.f_frsize), path.clone()))
    };
    directories.iter().filter_map(free).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_disk_has_some_room() {
        let here = BTreeSet::from([PathBuf::from("."), PathBuf::from("/nowhere/at/all")]);
        let (free, path) = scarcest(&here).unwrap();
        assert!(free > 0 && path.as_os_str() == ".");
    }
}
