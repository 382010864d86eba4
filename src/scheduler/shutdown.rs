//! How a crawl ends: finished, or drained within its time.

use std::time::Duration;

use super::{StartWhen, StopWhen};
use crate::{base::time::Mono, frontier::Frontier, report::Finish};

/// What the last flush and commit get beyond `scheduler.drain`.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// Where a crawl is on its way to its end.
#[derive(Debug)]
pub(super) struct Shutdown {
    until: StopWhen,
    first: StartWhen,
    seeds: SeedState,
    drain: Option<(Finish, Mono)>,
}

#[derive(Debug, PartialEq, Eq)]
enum SeedState {
    Coming,
    /// None has come for a while.
    Quiet,
    Over,
}

impl Shutdown {
    pub(super) fn new(until: StopWhen, first: StartWhen) -> Self {
        Self { until, first, seeds: SeedState::Coming, drain: None }
    }

    /// The seeds that are there have been submitted.
    pub(super) fn seeds_are_quiet(&mut self) {
        self.seeds = SeedState::Quiet;
    }

    /// Every seed has been submitted.
    pub(super) fn no_more_seeds(&mut self) {
        self.seeds = SeedState::Over;
    }

    /// Lend no more; the first reason counts.
    pub(super) fn drain(&mut self, reason: Finish, now: Mono) {
        self.drain.get_or_insert((reason, now));
    }

    /// Whether the crawl does not wait for what cannot be done within the limits.
    pub(super) fn ends_by_itself(&self) -> bool {
        self.until == StopWhen::Exhausted
    }

    /// Whether nothing is lent because seeds are still to come.
    pub(super) fn waits_for_seeds(&self) -> bool {
        self.first == StartWhen::AfterSeeds && self.seeds == SeedState::Coming
    }

    /// Whether nothing is lent any more.
    pub(super) fn is_draining(&self) -> bool {
        self.drain.is_some()
    }

    /// How the crawl ends, if there is nothing left to wait for but the last commit.
    pub(super) fn verdict(&self, frontier: &Frontier, drain: Duration, now: Mono) -> Option<Finish> {
        match self.drain {
            Some((reason, _)) if frontier.leases_out() == 0 => Some(reason),
            Some((_, began)) if now.since(began) >= drain => Some(Finish::Interrupted),
            Some(_) => None,
            None => {
                let left = match self.until {
                    StopWhen::Exhausted => 0,
                    StopWhen::Empty => frontier.balance().parked,
                };
                let over = self.seeds == SeedState::Over && frontier.is_exhausted() && left == 0;
                over.then_some(Finish::Finished)
            }
        }
    }

    /// Whether the last commit has had its time.
    pub(super) fn is_hopeless(&self, drain: Duration, now: Mono) -> bool {
        self.drain.is_some_and(|(_, began)| now.since(began) >= drain + GRACE)
    }
}
