//! The state that decides which host may be asked next, and when.

use std::time::Duration;

use url::Url;

use super::{
    Group, HostClass, HostPoliteness, HostState, IpConcurrency,
    limiter::{LimiterId, LimiterKey, Limiters},
    parking::ParkReason,
    policy::{Policies, Policy},
    ready_queue::ReadyQueue,
    slot_shares::SlotShares,
};
use crate::{
    base::time::Mono,
    frontier::{
        config::Config,
        hosts::{Host, HostTable, RobotsState},
    },
    http::request::fingerprint::Fingerprint,
    keys::HostKey,
    urls::canonical::registrable,
};

/// Decides which host may be asked next, and when.
///
/// Hosts are named by their slot in the [`HostTable`]. Methods that park a host return the number of its URLs, because
/// these no longer count as queued.
#[derive(Debug)]
pub(crate) struct HostSchedule {
    pub(super) policies: Policies,
    pub(super) limiters: Limiters,
    pub(super) shares: SlotShares,
    queue: ReadyQueue,
    /// For jitter and backoff.
    pub(super) rng: fastrand::Rng,
    group: Group,
    pub(super) ip_concurrency: IpConcurrency,
    /// Whether proxies hide the addresses of hosts.
    pub(super) is_proxied: bool,
    /// `limits.wait`: a host that cannot be asked for longer is parked.
    pub(super) max_wait: Duration,
}

impl HostSchedule {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            policies: Policies::new(config),
            limiters: Limiters::default(),
            shares: SlotShares::new(config.slots),
            queue: ReadyQueue::default(),
            rng: fastrand::Rng::with_seed(config.seed),
            group: config.politeness.group,
            ip_concurrency: config.politeness.ip_concurrency,
            is_proxied: config.is_proxied,
            max_wait: config.wait,
        }
    }

    /// Returns the settings that apply to a host.
    pub(crate) fn policy(&self, host: &HostPoliteness) -> &Policy {
        self.policies.get(host.policy)
    }

    /// Adds a host that comes into memory.
    pub(crate) fn join(&mut self, key: HostKey, root: &Url) -> HostPoliteness {
        let policy = self.policies.index(root);
        HostPoliteness::new(policy, self.join_limiter(key, root, policy))
    }

    /// Adds a member to the limiter of a host, in memory or not.
    pub(super) fn join_limiter(&mut self, key: HostKey, root: &Url, policy: u32) -> LimiterId {
        let limiter = match self.group {
            Group::Host => LimiterKey::Host(key),
            Group::Domain => LimiterKey::Domain(Fingerprint::from_link(registrable(root)).low()),
        };
        let limit = self.policies.get(policy).politeness.host_concurrency;
        self.limiters.join(limiter, limit)
    }

    /// Removes a host that leaves memory.
    pub(crate) fn leave(&mut self, host: &HostPoliteness, now: Mono) {
        self.limiters.leave(host.limiter, now);
        if let Some(limiter) = host.ip_limiter {
            self.limiters.leave(limiter, now);
        }
    }

    /// Removes the next host that may be asked from its ready list. Classes that have their share of the slots are skipped.
    pub(crate) fn next_ready(&mut self, hosts: &mut HostTable) -> Option<usize> {
        loop {
            let shares = &self.shares;
            let slot = self.queue.pop_ready(|class| shares.has_room(class))?;
            let host = hosts.get_mut(slot).map(|host| &mut host.politeness);
            let Some(host) = host.filter(|host| host.state == HostState::Ready) else { continue };
            let class = host.class();
            if !self.shares.has_room(class) {
                // It had another class when it was queued.
                self.queue.push_ready(slot, class);
                continue;
            }
            host.state = HostState::Idle;
            return Some(slot);
        }
    }

    /// Returns the number of ready hosts that only stalled leases keep from being asked, with this number of free slots.
    pub(crate) fn held_up(&self, free_slots: usize) -> usize {
        let untested = self.queue.ready(HostClass::Untested);
        match free_slots {
            0 => self.queue.ready(HostClass::Responsive) + untested,
            _ if self.shares.has_room(HostClass::Untested) => 0,
            _ => untested,
        }
    }

    /// Removes the next waiting host whose time has come, and unparks it. Returns its slot, and the number of its URLs if
    /// it was parked.
    pub(crate) fn next_released(&mut self, hosts: &mut HostTable, now: Mono) -> Option<(usize, u64)> {
        loop {
            let (slot, stamp) = self.queue.pop_due(now)?;
            let Some(host) = hosts.get_mut(slot) else { continue };
            if !matches!(host.politeness.state, HostState::Waiting { stamp: valid, .. } if valid == stamp) {
                continue;
            }
            host.politeness.state = HostState::Idle;
            return Some((slot, unpark(host)));
        }
    }

    /// Returns the time of the first waiting host.
    pub(crate) fn next_due(&self) -> Option<Mono> {
        self.queue.next_due()
    }

    /// Queues a host as its state requires: ready, waiting, or not at all if it has no URL to lease. Parks it if it
    /// cannot be asked within `limits.wait`. Returns the number of URLs parked.
    pub(crate) fn enqueue(&mut self, slot: usize, host: &mut Host, now: Mono) -> u64 {
        if host.politeness.parked.is_some() || matches!(host.robots, RobotsState::Fetching) {
            return 0;
        }
        let Some(first) = host.queue.first_due() else { return 0 };
        let (allowed, cause) = self.limiters.clock(host.politeness.limiter);
        let at = first.max(allowed);
        match host.politeness.state {
            HostState::Ready | HostState::WaitingForSlot => {}
            HostState::Idle | HostState::Waiting { .. } if allowed.since(now) > self.max_wait => {
                return self.park(slot, host, cause.into(), allowed);
            }
            HostState::Waiting { at: earlier, .. } if earlier <= at => {}
            HostState::Idle | HostState::Waiting { .. } if at > now => self.wait(slot, host, at),
            HostState::Idle | HostState::Waiting { .. } => {
                host.politeness.state = HostState::Ready;
                self.queue.push_ready(slot, host.politeness.class());
            }
        }
        0
    }

    /// Queues a host until `at`.
    pub(crate) fn wait(&mut self, slot: usize, host: &mut Host, at: Mono) {
        let stamp = self.queue.push_waiting(slot, at);
        host.politeness.state = HostState::Waiting { at, stamp };
    }

    /// Parks a host until `until`: its URLs no longer keep the crawl from finishing. Returns their number; 0 if it was
    /// parked before.
    pub(crate) fn park(&mut self, slot: usize, host: &mut Host, reason: ParkReason, until: Mono) -> u64 {
        self.wait(slot, host, until);
        if host.politeness.parked.replace(reason).is_some() {
            return 0;
        }
        let queued = host.queue.len();
        log::warn!(host:% = host.root, reason = reason.name(), urls = queued; "host parked");
        queued
    }

    /// Removes a host from all lists. Returns the time before which it must not be asked.
    pub(crate) fn withdraw(&self, host: &mut HostPoliteness) -> Mono {
        host.state = HostState::Idle;
        self.next_allowed(host).0
    }

    /// Returns the number of waiting entries, old ones included.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.queue.waiting()
    }
}

/// Ends a host's park. Returns the number of its URLs; 0 if it was not parked.
fn unpark(host: &mut Host) -> u64 {
    if host.politeness.parked.take().is_none() {
        return 0;
    }
    host.politeness.unanswered = 0;
    host.robots_failures = 0;
    host.queue.len()
}
