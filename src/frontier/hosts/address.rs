//! The address of a host, where requests to one address are limited.
//!
//! There the name is looked up before the host is asked for anything. Otherwise two names of one address would be asked at
//! the same time until each had answered once.

use super::Queued;
use crate::{
    base::time::{Mono, Now},
    frontier::{
        Frontier,
        assignment::{Assignment, FetchInfo, LeaseKind},
        commit::entry::{Entry, VisitPurpose},
    },
    http::request::Request,
    store::QueuePosition,
};

impl Frontier {
    /// Returns true if the host's name must be looked up before its first request. That is not needed if the request goes
    /// through a proxy.
    pub(crate) fn needs_address(&self, slot: usize) -> bool {
        let Some(host) = self.hosts.get(slot).filter(|host| !host.is_looked_up) else { return false };
        let request = host.queue.first().and_then(|queued| queued.entry.request());
        self.ip_limit() > 0 && request.is_some_and(|request| request.proxy_url().is_none())
    }

    /// Issues the lease for the host's address.
    pub(crate) fn issue_address(&mut self, slot: usize, now: Now) -> Option<Assignment> {
        let host = self.hosts.get_mut(slot)?;
        host.is_looked_up = true;
        let request = Request::get(host.root.clone());
        let entry = Entry::new(0, &request, self.config.generation, VisitPurpose::Page);
        let queued = Queued { position: QueuePosition { rank: 0, seq: 0 }, entry, not_before: Mono(0) };
        Some(self.issue(slot, queued, request, LeaseKind::Address, now))
    }

    /// Notes the address that a request reached, or that the host's name has.
    pub(crate) fn set_address(&mut self, slot: usize, fetch_info: &FetchInfo) {
        let limit = self.ip_limit();
        let Some(host) = self.hosts.get_mut(slot) else { return };
        if host.address.is_none() {
            host.address = fetch_info.address;
        }
        if let Some(address) = host.address {
            self.schedule.join_address(&mut host.politeness, address, limit);
        }
    }

    /// Returns the maximum number of requests in flight to one address; 0 = no limit.
    pub(crate) fn ip_limit(&self) -> usize {
        self.schedule.ip_limit(self.scope.current().host_count())
    }
}
