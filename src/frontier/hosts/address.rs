//! The address of a host, where requests to one address are limited. A name is looked up before its host is asked for
//! anything: otherwise two names of one address would be asked at the same time until both had answered once.

use super::Queued;
use crate::{
    base::time::{Mono, Now},
    frontier::{
        Frontier,
        assignment::{Assignment, FetchInfo, LeaseKind},
        commit::entry::Entry,
        politeness::{IpConcurrency, limiter::LimiterKey},
    },
    http::request::Request,
    store::QueuePosition,
};

/// Hosts in scope up to which `politeness.ip_concurrency = "auto"` sets no limit, and the limit above that.
const AUTO_IP: usize = 8;

impl Frontier {
    /// Whether the host's name is to be looked up first. What is asked through a proxy has no address that counts.
    pub(crate) fn needs_address(&self, slot: usize) -> bool {
        let Some(host) = self.hosts.get(slot).filter(|host| !host.is_looked_up) else { return false };
        let request = host.queue.first().and_then(|queued| queued.entry.request());
        self.ip_limit() > 0 && request.is_some_and(|request| request.proxy_url().is_none())
    }

    /// Lends the host's name.
    pub(crate) fn lend_address(&mut self, slot: usize, now: Now) -> Option<Assignment> {
        let host = self.hosts.get_mut(slot)?;
        host.is_looked_up = true;
        let request = Request::get(host.root.clone());
        let entry = Entry::new(0, &request);
        let place = QueuePosition { rank: 0, seq: 0 };
        Some(self.hand_out(slot, Queued { place, entry, not_before: Mono(0) }, request, LeaseKind::Address, now))
    }

    /// Takes in the address that a request reached, or that its name has.
    pub(crate) fn learn_address(&mut self, slot: usize, fetch_info: &FetchInfo) {
        let limit = self.ip_limit();
        let Some(host) = self.hosts.get_mut(slot) else { return };
        if host.address.is_none() {
            host.address = fetch_info.address;
        }
        if let (None, Some(address), 1..) = (host.ip_gate, host.address, limit) {
            host.ip_gate = Some(self.gates.join(LimiterKey::Ip(address), limit));
        }
    }

    /// Requests to one address at the same time, at most; 0 = no limit.
    pub(crate) fn ip_limit(&self) -> usize {
        match self.config.politeness.ip_concurrency {
            _ if self.config.proxied => 0,
            IpConcurrency::Limit(limit) => limit,
            IpConcurrency::Auto if self.scope.host_count().is_some_and(|hosts| hosts <= AUTO_IP) => 0,
            IpConcurrency::Auto => AUTO_IP,
        }
    }
}
