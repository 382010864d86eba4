//! The frontier's books: two equations that hold to the unit, at every moment.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Frontier, ParkReason, hosts::HostState};
use crate::base::stats::Stats;

/// What became of every link offered and every URL admitted.
///
/// 1. offered = duplicates + refused + asked + admitted
/// 2. admitted = queued + leased + done + `not_modified` + redirected + rejected + parked
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Links and seeds that came to the door.
    pub offered: u64,
    /// Known already.
    pub duplicates: u64,
    /// Not the crawl's business.
    pub refused: u64,
    /// The store has not said yet whether they are known.
    pub asked: u64,
    /// Taken in.
    pub admitted: u64,
    /// Waiting for their turn.
    pub queued: u64,
    /// On loan.
    pub leased: u64,
    /// Fetched and handled.
    pub done: u64,
    /// Unchanged since last time.
    pub not_modified: u64,
    /// Answered by a redirect.
    pub redirected: u64,
    /// Ended for another reason.
    pub rejected: u64,
    /// Queued at hosts that cannot be asked within the limits.
    pub parked: u64,
}

impl Balance {
    /// Adds another's counters, of which only those that never shrink may be set.
    pub(super) fn merge(&mut self, other: &Self) {
        self.offered += other.offered;
        self.duplicates += other.duplicates;
        self.refused += other.refused;
        self.admitted += other.admitted;
        self.done += other.done;
        self.not_modified += other.not_modified;
        self.redirected += other.redirected;
        self.rejected += other.rejected;
    }

    /// URLs that have ended.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.done + self.not_modified + self.redirected + self.rejected
    }

    /// Whether both equations hold.
    ///
    /// # Errors
    /// The equation that does not, with its figures.
    pub fn check(&self) -> Result<(), String> {
        let door = self.duplicates + self.refused + self.asked + self.admitted;
        let inside = self.queued + self.leased + self.ended() + self.parked;
        match (self.offered == door, self.admitted == inside) {
            (true, true) => Ok(()),
            (false, _) => Err(format!("offered is not {door}: {self}")),
            (true, false) => Err(format!("admitted is not {inside}: {self}")),
        }
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offered, duplicates, refused, asked, admitted, queued, leased, .. } = self;
        let Self { done, not_modified, redirected, rejected, parked, .. } = self;
        write!(
            formatter,
            "offered {offered} = duplicates {duplicates} + refused {refused} + asked {asked} + admitted {admitted}; \
             admitted {admitted} = queued {queued} + leased {leased} + done {done} + not_modified {not_modified} + \
             redirected {redirected} + rejected {rejected} + parked {parked}"
        )
    }
}

impl Frontier {
    /// The books, at this moment.
    #[must_use]
    pub(crate) fn balance(&self) -> Balance {
        Balance { asked: self.questions.len() as u64, ..self.totals }
    }

    /// The same, with what is queued counted host by host: costs a look at every host in memory.
    #[must_use]
    pub(crate) fn audit(&self) -> Balance {
        let queued = |parked: bool| {
            let hosts = self.hosts.iter().filter(|(_, host)| host.parked.is_some() == parked);
            hosts.map(|(_, host)| host.queue.len()).sum::<u64>()
        };
        let (queued, parked) = (queued(false) + self.rest.queued, queued(true) + self.rest.parked);
        Balance { queued, parked, leased: self.leased_urls.len() as u64, ..self.balance() }
    }

    /// Counters by name.
    #[must_use]
    pub(crate) fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Counts something that belongs to the open batch.
    pub(crate) fn count(&mut self, key: impl Into<Cow<'static, str>>, count: u64) {
        let open = self.open_number();
        self.count_in(open, key, count);
    }

    /// Hosts in memory, those that leave it among them.
    #[must_use]
    pub(crate) fn hosts_in_memory(&self) -> usize {
        self.hosts.len()
    }

    /// Hosts in memory: all, ready, waiting for their time, parked. Costs a look at each.
    #[must_use]
    pub(crate) fn host_counts(&self) -> HostCounts {
        let mut counts = HostCounts { known: self.hosts_in_memory(), ..HostCounts::default() };
        for (_, host) in &self.hosts {
            match host.standing {
                _ if host.parked.is_some() => counts.parked += 1,
                HostState::Ready => counts.ready += 1,
                HostState::Waiting { .. } => counts.waiting += 1,
                HostState::Idle | HostState::WaitingForSlot => {}
            }
        }
        counts
    }

    /// Hosts that are parked with URLs left, and why.
    pub(crate) fn parked(&self) -> impl Iterator<Item = (&str, ParkReason, u64)> {
        self.hosts.iter().filter_map(|(_, host)| Some((host.root.as_str(), host.parked?, host.queue.len())))
    }

    /// Books a change that belongs to a batch, in both the live and the batch's counters.
    pub(super) fn book(&mut self, number: u64, change: &Balance) {
        self.totals.merge(change);
        self.batch(number).balance.merge(change);
    }

    /// Counts something that belongs to batch `number`.
    pub(super) fn count_in(&mut self, number: u64, key: impl Into<Cow<'static, str>>, count: u64) {
        let key = key.into();
        self.batch(number).stats.add(key.clone(), count);
        self.stats.add(key, count);
    }
}

/// Hosts in memory, by standing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostCounts {
    /// All.
    pub known: usize,
    /// May give a URL now.
    pub ready: usize,
    /// Wait for their time.
    pub waiting: usize,
    /// Cannot be asked within the limits.
    pub parked: usize,
}
