//! The books: what was offered, and where all of it is now; hosts by standing.

use std::borrow::Cow;

use super::{Frontier, ParkReason, balance::Balance, host::Standing};
use crate::stats::Stats;

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
        Balance { queued, parked, leased: self.on_loan.len() as u64, ..self.balance() }
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
                Standing::Ready => counts.ready += 1,
                Standing::Waiting { .. } => counts.waiting += 1,
                Standing::Idle | Standing::Gated => {}
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
