//! Decides when a crawl is over.

use std::time::Duration;

use super::setup::{StartWhen, StopWhen};
use crate::{base::time::Mono, frontier::Frontier, report::Finish};

/// Time for the last flush and commit in addition to `scheduler.drain`.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// What the end of a crawl depends on.
#[derive(Debug)]
pub(super) struct Shutdown {
    stop_when: StopWhen,
    start_when: StartWhen,
    seeds: SeedState,
    /// Reason and start of the drain.
    drain: Option<(Finish, Mono)>,
}

#[derive(Debug, PartialEq, Eq)]
enum SeedState {
    Coming,
    /// Open, but no seed has come for a while.
    Quiet,
    Over,
}

impl Shutdown {
    pub(super) fn new(stop_when: StopWhen, start_when: StartWhen) -> Self {
        Self { stop_when, start_when, seeds: SeedState::Coming, drain: None }
    }

    /// Records that no seed has come for a while.
    pub(super) fn quiet_seeds(&mut self) {
        self.seeds = SeedState::Quiet;
    }

    /// Records that no more seeds will come.
    pub(super) fn end_of_seeds(&mut self) {
        self.seeds = SeedState::Over;
    }

    /// Starts a drain; if one has started, its reason stays.
    pub(super) fn drain(&mut self, reason: Finish, now: Mono) {
        self.drain.get_or_insert((reason, now));
    }

    /// Returns true if the crawl may end with parked URLs left.
    pub(super) fn leaves_parked(&self) -> bool {
        self.stop_when == StopWhen::Exhausted
    }

    /// Returns true if no lease may be issued before more seeds have come.
    pub(super) fn waits_for_seeds(&self) -> bool {
        self.start_when == StartWhen::AfterSeeds && self.seeds == SeedState::Coming
    }

    /// Returns true if no lease may be issued any more.
    pub(super) fn is_draining(&self) -> bool {
        self.drain.is_some()
    }

    /// Returns how the crawl ends, if only the last commit is left to wait for.
    pub(super) fn finish(&self, frontier: &Frontier, drain: Duration, now: Mono) -> Option<Finish> {
        match self.drain {
            Some((reason, _)) if frontier.leases_out() == 0 => Some(reason),
            Some((_, start)) if now.since(start) >= drain => Some(Finish::Interrupted),
            Some(_) => None,
            None => {
                let left = match self.stop_when {
                    StopWhen::Exhausted => 0,
                    // What is set aside stays so until the configuration changes.
                    StopWhen::Empty => frontier.balance().parked - frontier.set_aside_count(),
                };
                let is_over = self.seeds == SeedState::Over && frontier.is_exhausted() && left == 0;
                is_over.then_some(Finish::Finished)
            }
        }
    }

    /// Returns true if the time for the last commit is over too.
    pub(super) fn is_overdue(&self, drain: Duration, now: Mono) -> bool {
        self.drain.is_some_and(|(_, start)| now.since(start) >= drain + GRACE)
    }
}
