//! The Fetchers as the Scheduler sees them: where to send leases, and who has room.

use actix::Recipient;

use crate::{
    keys::HostKey,
    messages::{Fetch, MAX_ITEMS, lease::Lease},
    runtime::gauges::Gauge,
};

/// One Fetcher.
#[derive(Debug)]
pub(crate) struct FetcherHandle {
    /// Its mailbox.
    pub(crate) address: Recipient<Fetch>,
    /// Requests it has under way.
    pub(crate) under_way: Gauge,
}

/// All Fetchers, each with an equal share of `fetcher.concurrency`.
#[derive(Debug)]
pub(super) struct FetcherPool {
    members: Vec<FetcherHandle>,
    concurrency: usize,
    /// Leases dealt this turn, by Fetcher.
    dealt: Vec<Vec<Lease>>,
}

impl FetcherPool {
    pub(super) fn new(members: Vec<FetcherHandle>, concurrency: usize) -> Self {
        let dealt = members.iter().map(|_| Vec::new()).collect();
        Self { members, concurrency, dealt }
    }

    /// Requests that may be under way at once, all together.
    pub(super) fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Whether any Fetcher has room.
    pub(super) fn has_room(&self) -> bool {
        (0..self.members.len()).any(|index| self.room(index) > 0)
    }

    /// Deals a lease to the Fetcher that serves its host (it has the open connections), or to the one with the most
    /// room when that one has none.
    pub(super) fn deal(&mut self, host: HostKey, mut lease: Lease, network: &Gauge) {
        let usual = usize::try_from(host.0 % self.members.len().max(1) as u64).unwrap_or_default();
        let roomiest = || (0..self.members.len()).max_by_key(|&index| self.room(index)).unwrap_or_default();
        let index = if self.room(usual) > 0 { usual } else { roomiest() };
        let (Some(member), Some(batch)) = (self.members.get(index), self.dealt.get_mut(index)) else { return };
        lease.counted_in(&[network, &member.under_way]);
        batch.push(lease);
        if batch.len() >= MAX_ITEMS {
            member.address.do_send(Fetch(std::mem::take(batch)));
        }
    }

    /// Sends what was dealt.
    pub(super) fn send(&mut self) {
        for (member, batch) in self.members.iter().zip(&mut self.dealt) {
            if !batch.is_empty() {
                member.address.do_send(Fetch(std::mem::take(batch)));
            }
        }
    }

    fn room(&self, index: usize) -> usize {
        let count = self.members.len().max(1);
        let share = self.concurrency / count + usize::from(index < self.concurrency % count);
        let under_way = self.members.get(index).map_or(0, |member| member.under_way.get());
        share.saturating_sub(under_way)
    }
}
