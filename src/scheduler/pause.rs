//! Reasons to issue no leases for a while: a disk with too little space, or a store that does not commit.

use std::{path::Path, time::Duration};

use crate::{base::time::Mono, error::StoreError};

/// Current reasons to pause.
#[derive(Debug, Default)]
pub(super) struct Pause {
    /// Time since which a disk has had less than `limits.disk_free`.
    short_since: Option<Mono>,
    /// Why the last commit failed.
    store_error: Option<StoreError>,
}

impl Pause {
    /// Returns true if no lease may be issued.
    pub(super) fn is_on(&self) -> bool {
        self.store_error.is_some() || self.short_since.is_some()
    }

    /// Records that all disks have enough space.
    pub(super) fn disk_has_space(&mut self) {
        if self.short_since.take().is_some() {
            log::info!("enough disk space again; resuming");
        }
    }

    /// Records that a disk has too little space.
    pub(super) fn disk_is_short(&mut self, free: u64, path: &Path, now: Mono) {
        if self.short_since.is_none() {
            log::warn!(path:% = path.display(), free_kib = free / 1024;
                "too little disk space (limits.disk_free); pausing");
            self.short_since = Some(now);
        }
    }

    /// Records that a commit failed.
    pub(super) fn store_failed(&mut self, error: &StoreError) {
        self.store_error = Some(error.clone());
    }

    /// Records that a commit succeeded.
    pub(super) fn store_works(&mut self) {
        self.store_error = None;
    }

    /// Returns true if the last commit failed because a disk is full.
    pub(super) fn is_disk_full(&self) -> bool {
        matches!(self.store_error, Some(StoreError::DiskFull(_)))
    }

    /// Returns true if a disk has had too little space for longer than `wait`.
    pub(super) fn exceeds(&self, wait: Duration, now: Mono) -> bool {
        self.short_since.is_some_and(|since| now.since(since) > wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pause_ends_when_disk_and_store_work() {
        let (mut pause, second) = (Pause::default(), Duration::from_secs(1));
        pause.disk_is_short(0, Path::new("/x"), Mono(0));
        pause.disk_is_short(0, Path::new("/x"), Mono(0) + second);
        pause.store_failed(&StoreError::DiskFull("x".into()));
        assert!(pause.is_disk_full());
        assert!(pause.is_on() && pause.exceeds(second, Mono(0) + 2 * second));
        pause.disk_has_space();
        assert!(pause.is_on() && !pause.exceeds(second, Mono(0) + 2 * second));
        pause.store_works();
        assert!(!pause.is_on());
    }
}
