//! What keeps the crawl from lending for now, and goes by itself: a disk without room, a store that takes no commit.

use std::time::Duration;

use crate::base::time::Mono;

/// Whether the crawl pauses, and why.
#[derive(Debug, Default)]
pub(super) struct Pause {
    /// Since when some disk has had less room than `limits.disk_free`.
    short_since: Option<Mono>,
    /// Whether the store did not take the last commit.
    store_failed: bool,
}

impl Pause {
    /// Whether nothing is lent.
    pub(super) fn is_on(&self) -> bool {
        self.store_failed || self.short_since.is_some()
    }

    /// The disks have room enough.
    pub(super) fn room(&mut self) {
        if self.short_since.take().is_some() {
            log::info!("the disk has room again; going on");
        }
    }

    /// A disk has too little room.
    pub(super) fn no_room(&mut self, free: u64, path: &str, now: Mono) {
        if self.short_since.is_none() {
            log::warn!(path, free_kib = free / 1024; "too little room on the disk (limits.disk_free); pausing");
            self.short_since = Some(now);
        }
    }

    /// The store did not take a commit.
    pub(super) fn store_failed(&mut self) {
        self.store_failed = true;
    }

    /// The store took a commit.
    pub(super) fn store_works(&mut self) {
        self.store_failed = false;
    }

    /// Whether there has been no room for longer than `wait`.
    pub(super) fn is_hopeless(&self, wait: Duration, now: Mono) -> bool {
        self.short_since.is_some_and(|since| now.since(since) > wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_on_until_both_work() {
        let (mut brake, second) = (Pause::default(), Duration::from_secs(1));
        brake.no_room(0, "/x", Mono(0));
        brake.no_room(0, "/x", Mono(0) + second);
        brake.store_failed();
        assert!(brake.is_on() && brake.is_hopeless(second, Mono(0) + 2 * second));
        brake.room();
        assert!(brake.is_on() && !brake.is_hopeless(second, Mono(0) + 2 * second));
        brake.store_works();
        assert!(!brake.is_on());
    }
}
