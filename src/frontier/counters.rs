//! What the frontier counts: where all URLs are, events by name, hosts by state.

use std::borrow::Cow;

use super::{Balance, Frontier, HostCounts, ParkReason, hosts::HostState};
use crate::base::stats::Stats;

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
