//! A limiter: one clock and one count of requests, for a host, a registrable domain or an IP address.

use std::{collections::VecDeque, net::IpAddr, time::Duration};

use hashbrown::HashMap;
use slab::Slab;

use super::parking::DelayCause;
use crate::{base::time::Mono, keys::HostKey};

/// Maximum time for which the limiter of a host is kept without the host.
const MAX_UNUSED: Duration = Duration::from_secs(60);

/// What shares a limiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LimiterKey {
    /// One host.
    Host(HostKey),
    /// The hosts of one registrable domain, by its hash.
    Domain(u64),
    /// The hosts at one address.
    Ip(IpAddr),
}

/// Index of a limiter in [`Limiters`].
pub(crate) type LimiterId = u32;

/// A clock that is only ever moved later, and a count of requests in flight.
#[derive(Debug)]
pub(super) struct Limiter {
    key: LimiterKey,
    /// No request starts before this time.
    next_allowed: Mono,
    /// What set `next_allowed`.
    cause: DelayCause,
    /// Requests in flight.
    in_flight: u32,
    /// Maximum number of requests in flight; 0 = no limit.
    limit: u32,
    /// Hosts that use this limiter.
    members: u32,
    /// Slots of hosts that found it full, each at most once: bounded by the hosts in memory.
    #[expect(clippy::box_collection, reason = "mostly `None`, which takes a quarter of an empty deque")]
    waiting: Option<Box<VecDeque<usize>>>,
}

impl Limiter {
    /// Moves the clock to `at`, never back.
    pub(super) fn postpone(&mut self, at: Mono, cause: DelayCause) {
        if at > self.next_allowed {
            (self.next_allowed, self.cause) = (at, cause);
        }
    }

    /// Returns true if fewer than `limit` requests, and fewer than its own limit, are in flight.
    pub(super) fn has_slot(&self, limit: usize) -> bool {
        let own = if self.limit == 0 { u32::MAX } else { self.limit };
        self.in_flight < own && (self.in_flight as usize) < limit
    }

    /// Queues a host for the next free slot.
    pub(super) fn wait(&mut self, slot: usize) {
        self.waiting.get_or_insert_default().push_back(slot);
    }

    /// Removes the host that has waited longest.
    pub(super) fn pop_waiting(&mut self) -> Option<usize> {
        let waiting = self.waiting.as_mut()?;
        let next = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting = None;
        }
        next
    }
}

/// All limiters in use.
#[derive(Debug, Default)]
pub(super) struct Limiters {
    limiters: Slab<Limiter>,
    /// All limiters.
    by_key: HashMap<LimiterKey, LimiterId>,
    /// Limiters without members whose clock may not have passed: bounded by the domains and addresses asked within one
    /// delay, and the hosts asked within a minute.
    unused: VecDeque<LimiterId>,
}

impl Limiters {
    /// Adds a member to the limiter of `key`, which is created with this limit if there is none.
    pub(super) fn join(&mut self, key: LimiterKey, limit: usize) -> LimiterId {
        let limiters = &mut self.limiters;
        let create = || {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let limiter = Limiter {
                key,
                next_allowed: Mono::default(),
                cause: DelayCause::default(),
                in_flight: 0,
                limit,
                members: 0,
                waiting: None,
            };
            // At most two for each host in memory.
            LimiterId::try_from(limiters.insert(limiter)).unwrap_or(LimiterId::MAX)
        };
        let id = *self.by_key.entry(key).or_insert_with(create);
        if let Some(limiter) = self.limiters.get_mut(id as usize) {
            limiter.members += 1;
        }
        id
    }

    /// Removes a member. Without members, a limiter is removed once its clock has passed, because it may be joined again; a
    /// host's limiter is removed at once if that takes long.
    pub(super) fn leave(&mut self, id: LimiterId, now: Mono) {
        let Some(limiter) = self.limiters.get_mut(id as usize) else { return };
        limiter.members = limiter.members.saturating_sub(1);
        if limiter.members > 0 {
            return;
        }
        match limiter.key {
            // The host's row has its clock.
            LimiterKey::Host(_) if limiter.next_allowed <= now || limiter.next_allowed.since(now) > MAX_UNUSED => {
                self.remove(id);
            }
            LimiterKey::Host(_) | LimiterKey::Domain(_) | LimiterKey::Ip(_) => {
                self.unused.push_back(id);
                self.remove_unused(now);
            }
        }
    }

    /// Checks two unused limiters: one more than is added at a time, so the list shrinks.
    fn remove_unused(&mut self, now: Mono) {
        for _ in 0..2 {
            let Some(id) = self.unused.pop_front() else { return };
            match self.limiters.get(id as usize) {
                Some(limiter) if limiter.members == 0 && limiter.next_allowed <= now => self.remove(id),
                Some(limiter) if limiter.members == 0 => self.unused.push_back(id),
                Some(_) | None => {}
            }
        }
    }

    fn remove(&mut self, id: LimiterId) {
        let limiter = self.limiters.remove(id as usize);
        self.by_key.remove(&limiter.key);
    }

    /// Returns true if a limiter has a free slot.
    pub(super) fn has_slot(&self, id: LimiterId) -> bool {
        self.limiters.get(id as usize).is_some_and(|limiter| limiter.has_slot(usize::MAX))
    }

    pub(super) fn get_mut(&mut self, id: LimiterId) -> Option<&mut Limiter> {
        self.limiters.get_mut(id as usize)
    }

    /// Returns the time before which no request starts, and what set it.
    pub(super) fn clock(&self, id: LimiterId) -> (Mono, DelayCause) {
        self.limiters.get(id as usize).map_or_else(Default::default, |limiter| (limiter.next_allowed, limiter.cause))
    }

    /// Starts a request: takes a slot, and moves the clock `delay` from now.
    pub(super) fn start(&mut self, id: LimiterId, now: Mono, delay: Duration, cause: DelayCause) {
        if let Some(limiter) = self.limiters.get_mut(id as usize) {
            limiter.in_flight += 1;
            limiter.postpone(now + delay, cause);
        }
    }

    /// Ends a request: frees its slot.
    pub(super) fn finish(&mut self, id: LimiterId) {
        if let Some(limiter) = self.limiters.get_mut(id as usize) {
            limiter.in_flight = limiter.in_flight.saturating_sub(1);
        }
    }

    /// Moves a limiter's clock to `at`, never back.
    pub(super) fn postpone(&mut self, id: LimiterId, at: Mono, cause: DelayCause) {
        if let Some(limiter) = self.limiters.get_mut(id as usize) {
            limiter.postpone(at, cause);
        }
    }
}
