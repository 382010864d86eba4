//! Selects a Fetcher for each lease.

use std::{mem, sync::Arc};

use actix::Recipient;

use crate::{
    keys::HostKey,
    messages::{Fetch, MAX_ITEMS, Revoke, lease::Lease},
    runtime::gauges::Gauge,
};

/// Fetcher, as seen by the Scheduler.
#[derive(Debug)]
pub(crate) struct FetcherHandle {
    pub(crate) recipient: Recipient<Fetch>,
    pub(crate) revoke: Recipient<Revoke>,
    /// Requests in flight.
    pub(crate) in_flight: Gauge,
}

/// All Fetchers, each with an equal share of `fetcher.concurrency`.
#[derive(Debug)]
pub(super) struct FetcherPool {
    fetchers: Vec<FetcherHandle>,
    /// Maximum number of requests in flight, over all Fetchers.
    concurrency: usize,
    /// Leases that are assigned and not sent yet, by Fetcher.
    assigned: Vec<Vec<Lease>>,
}

impl FetcherPool {
    pub(super) fn new(fetchers: Vec<FetcherHandle>, concurrency: usize) -> Self {
        let assigned = fetchers.iter().map(|_| Vec::new()).collect();
        Self { fetchers, concurrency, assigned }
    }

    /// Returns true if a Fetcher has a free slot.
    pub(super) fn has_free_slot(&self) -> bool {
        (0..self.fetchers.len()).any(|index| self.free_slots(index) > 0)
    }

    /// Assigns a lease to the Fetcher that serves its host, because that has the open connections. If it has no free
    /// slot, the Fetcher with the most free slots gets the lease.
    pub(super) fn assign(&mut self, host: HostKey, mut lease: Lease, network: &Gauge) {
        let preferred = usize::try_from(host.0 % self.fetchers.len().max(1) as u64).unwrap_or_default();
        let freest = || (0..self.fetchers.len()).max_by_key(|&index| self.free_slots(index)).unwrap_or_default();
        let index = if self.free_slots(preferred) > 0 { preferred } else { freest() };
        let (Some(fetcher), Some(assigned)) = (self.fetchers.get(index), self.assigned.get_mut(index)) else { return };
        lease.count_in(&[network, &fetcher.in_flight]);
        assigned.push(lease);
        if assigned.len() >= MAX_ITEMS {
            fetcher.recipient.do_send(Fetch(mem::take(assigned)));
        }
    }

    /// Returns the number of free slots of all Fetchers.
    pub(super) fn all_free_slots(&self) -> usize {
        (0..self.fetchers.len()).map(|index| self.free_slots(index)).sum()
    }

    /// Revokes leases; the Fetchers that do not have them ignore that.
    pub(super) fn revoke(&self, serials: Vec<u64>) {
        let serials: Arc<[u64]> = serials.into();
        self.fetchers.iter().for_each(|fetcher| fetcher.revoke.do_send(Revoke(serials.clone())));
    }

    /// Sends the assigned leases.
    pub(super) fn send(&mut self) {
        for (fetcher, assigned) in self.fetchers.iter().zip(&mut self.assigned) {
            if !assigned.is_empty() {
                fetcher.recipient.do_send(Fetch(mem::take(assigned)));
            }
        }
    }

    fn free_slots(&self, index: usize) -> usize {
        let count = self.fetchers.len().max(1);
        let share = self.concurrency / count + usize::from(index < self.concurrency % count);
        let in_flight = self.fetchers.get(index).map_or(0, |fetcher| fetcher.in_flight.get());
        share.saturating_sub(in_flight)
    }
}
