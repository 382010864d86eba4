//! How a crawl ends: finished, or drained within its time.

use std::time::Duration;

use super::{First, Until};
use crate::{base::time::Mono, frontier::Frontier, report::Finish};

/// What the last flush and commit get beyond `scheduler.drain`.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// Where a crawl is on its way to its end.
#[derive(Debug)]
pub(super) struct Ending {
    until: Until,
    first: First,
    seeds: Seeds,
    drain: Option<(Finish, Mono)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Seeds {
    Coming,
    /// None has come for a while.
    Quiet,
    Over,
}

impl Ending {
    pub(super) fn new(until: Until, first: First) -> Self {
        Self { until, first, seeds: Seeds::Coming, drain: None }
    }

    /// The seeds that are there have been submitted.
    pub(super) fn seeds_are_quiet(&mut self) {
        self.seeds = Seeds::Quiet;
    }

    /// Every seed has been submitted.
    pub(super) fn no_more_seeds(&mut self) {
        self.seeds = Seeds::Over;
    }

    /// Lend no more; the first reason counts.
    pub(super) fn drain(&mut self, reason: Finish, now: Mono) {
        self.drain.get_or_insert((reason, now));
    }

    /// Whether the crawl does not wait for what cannot be done within the limits.
    pub(super) fn ends_by_itself(&self) -> bool {
        self.until == Until::Exhausted
    }

    /// Whether nothing is lent because seeds are still to come.
    pub(super) fn waits_for_seeds(&self) -> bool {
        self.first == First::AfterSeeds && self.seeds == Seeds::Coming
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
                    Until::Exhausted => 0,
                    Until::Empty => frontier.balance().parked,
                };
                let over = self.seeds == Seeds::Over && frontier.is_exhausted() && left == 0;
                over.then_some(Finish::Finished)
            }
        }
    }

    /// Whether the last commit has had its time.
    pub(super) fn is_hopeless(&self, drain: Duration, now: Mono) -> bool {
        self.drain.is_some_and(|(_, began)| now.since(began) >= drain + GRACE)
    }
}
