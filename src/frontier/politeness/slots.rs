//! Whether a request to a host may start now: free slots of its limiters, and its quota.

use std::{net::IpAddr, time::Duration};

use super::{
    HostClass, HostPoliteness, HostSchedule, HostState, IpConcurrency,
    limiter::{LimiterId, LimiterKey},
    parking::ParkReason,
    quota::QuotaState,
};
use crate::{
    base::time::Mono,
    frontier::{assignment::LeaseKind, hosts::Host},
};

/// With `ip_concurrency = "auto"`: the number of hosts in scope up to which there is no limit, and the limit above that.
const AUTO_IP: usize = 8;

/// Time for which a host over its quota is parked: practically forever.
const FOR_GOOD: Duration = Duration::from_secs(365 * 24 * 3600);

/// Time without progress after which a lease of a responsive host counts as one of an unresponsive host.
const PATIENCE: Duration = Duration::from_secs(2);

/// Time without progress after which a lease of an untested host may be revoked. Shorter, because many untested hosts may
/// be ready, and one after the other is tested in the same slot.
const UNTESTED_PATIENCE: Duration = Duration::from_secs(1);

/// The host that a request is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StartTarget {
    /// The host of the lease.
    Host,
    /// Another host, to which its robots.txt redirects.
    Other,
}

/// Data of a started request that is needed when it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started {
    /// The delay drawn for this request.
    pub(super) delay: Duration,
    /// The limiters whose slots it takes.
    pub(super) limiter: LimiterId,
    pub(super) ip_limiter: Option<LimiterId>,
    /// The host whose limiter that is.
    pub(super) target: StartTarget,
    /// What the host had shown when the request started. A stalled request counts as one of an unresponsive host.
    pub(super) class: HostClass,
    /// What was requested.
    pub(super) kind: LeaseKind,
}

impl Started {
    /// Returns the time without progress after which the lease is reported as stalled; `None` if it is not reported.
    pub(crate) fn patience(&self) -> Option<Duration> {
        match (self.kind, self.class) {
            (LeaseKind::Address, _) | (_, HostClass::Unresponsive) => None,
            (LeaseKind::Robots | LeaseKind::Page, HostClass::Untested) => Some(UNTESTED_PATIENCE),
            (LeaseKind::Robots | LeaseKind::Page, HostClass::Responsive) => Some(PATIENCE),
        }
    }

    /// Returns true if the request goes to the host of its lease.
    pub(crate) fn is_to_own_host(&self) -> bool {
        self.target == StartTarget::Host
    }

    /// Returns true if the lease is the first test of its host.
    pub(crate) fn is_test(&self) -> bool {
        self.class == HostClass::Untested
    }

    /// Returns the limiters whose slots the request takes.
    pub(crate) fn limiters(&self) -> impl Iterator<Item = LimiterId> + use<> {
        [Some(self.limiter), self.ip_limiter].into_iter().flatten()
    }
}

impl HostSchedule {
    /// Returns the maximum number of requests in flight to one address; 0 = no limit.
    pub(crate) fn ip_limit(&self, hosts_in_scope: Option<usize>) -> usize {
        match self.ip_concurrency {
            _ if self.is_proxied => 0,
            IpConcurrency::Limit(limit) => limit,
            IpConcurrency::Auto if hosts_in_scope.is_some_and(|hosts| hosts <= AUTO_IP) => 0,
            IpConcurrency::Auto => AUTO_IP,
        }
    }

    /// Adds a host to the limiter of its address, unless it has one or `limit` is 0.
    pub(crate) fn join_address(&mut self, host: &mut HostPoliteness, address: IpAddr, limit: usize) {
        if host.ip_limiter.is_none() && limit > 0 {
            host.ip_limiter = Some(self.limiters.join(LimiterKey::Ip(address), limit));
        }
    }

    /// Returns true if clock and limits allow the host a request now. If a limiter has no free slot, the host waits for
    /// one there.
    pub(crate) fn can_start(&mut self, slot: usize, host: &mut HostPoliteness, ip_limit: usize, now: Mono) -> bool {
        if self.next_allowed(host).0 > now {
            return false;
        }
        // Until a settlement brings its address, a host whose address has a limit is fetched from one request at a time.
        let own_limit = if ip_limit > 0 && host.ip_limiter.is_none() { 1 } else { usize::MAX };
        for (id, limit) in [(Some(host.limiter), own_limit), (host.ip_limiter, usize::MAX)] {
            let Some(limiter) = id.and_then(|id| self.limiters.get_mut(id)) else { continue };
            if !limiter.has_slot(limit) {
                limiter.wait(slot);
                host.state = HostState::WaitingForSlot;
                return false;
            }
        }
        true
    }

    /// Returns what is left of a host's quota.
    pub(crate) fn quota_state(&self, host: &Host) -> QuotaState {
        self.policy(&host.politeness).quota.state(&host.usage, u64::from(host.leases))
    }

    /// Makes a host wait until one of its requests in flight ends.
    pub(crate) fn wait_for_slot(&mut self, slot: usize, host: &mut HostPoliteness) {
        host.state = HostState::WaitingForSlot;
        if let Some(limiter) = self.limiters.get_mut(host.limiter) {
            limiter.wait(slot);
        }
    }

    /// Parks a host whose quota is used up. Returns the number of its URLs.
    pub(crate) fn park_over_quota(&mut self, slot: usize, host: &mut Host, now: Mono) -> u64 {
        self.park(slot, host, ParkReason::Quota, now + FOR_GOOD)
    }

    /// Starts a request to a host: takes a slot of each limiter, and forbids the next request for the delay.
    pub(crate) fn start(&mut self, host: &Host, kind: LeaseKind, now: Mono) -> Started {
        let delay = match kind {
            LeaseKind::Address => Duration::ZERO,
            LeaseKind::Robots | LeaseKind::Page => self.delay(host, now),
        };
        let HostPoliteness { limiter, ip_limiter, .. } = host.politeness;
        let class = host.politeness.class();
        self.shares.issued(class);
        let cause = self.delay_cause(host);
        self.limiters.start(limiter, now, delay, cause);
        if let Some(ip_limiter) = ip_limiter {
            self.limiters.start(ip_limiter, now, Duration::ZERO, cause);
        }
        Started { delay, limiter, ip_limiter, target: StartTarget::Host, class, kind }
    }

    /// Ends a request for the shares of the slots.
    pub(crate) fn end(&mut self, started: &Started) {
        self.shares.settled(started.class);
    }

    /// Counts a request that gets no data as one of an unresponsive host. That of an untested host counts anyway.
    pub(crate) fn stall(&mut self, started: &mut Started) {
        if started.class == HostClass::Responsive {
            started.class = HostClass::Unresponsive;
            self.shares.issued(started.class);
        }
    }

    /// Frees a slot of a limiter.
    pub(crate) fn free_slot(&mut self, limiter: LimiterId) {
        self.limiters.finish(limiter);
    }

    /// Returns true if a limiter has a free slot.
    pub(crate) fn has_free_slot(&self, limiter: LimiterId) -> bool {
        self.limiters.has_slot(limiter)
    }

    /// Removes the host that has waited longest for a slot of a limiter.
    pub(crate) fn next_waiter(&mut self, limiter: LimiterId) -> Option<usize> {
        self.limiters.get_mut(limiter)?.pop_waiting()
    }

    /// Ends a host's wait for a slot.
    pub(crate) fn stop_waiting_for_slot(&mut self, host: &mut HostPoliteness) {
        if host.state == HostState::WaitingForSlot {
            host.state = HostState::Idle;
        }
    }
}
