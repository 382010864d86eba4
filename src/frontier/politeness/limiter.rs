//! A gate: one clock and one count of requests, shared by whatever must pass through it: a host's own, its domain's, an
//! IP address's.

use std::{collections::VecDeque, net::IpAddr, time::Duration};

use hashbrown::HashMap;
use slab::Slab;

use super::parking::Cause;
use crate::{base::time::Mono, keys::HostKey};

/// What a gate is shared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LimiterKey {
    /// One host.
    Host(HostKey),
    /// The hosts of one registrable domain, by its hash.
    Domain(u64),
    /// The hosts at one address.
    Ip(IpAddr),
}

/// A gate's index among the [`Limiters`].
pub(crate) type LimiterId = u32;

/// One clock that causes may only push later, and a count of requests under way.
#[derive(Debug)]
pub(crate) struct Limiter {
    key: LimiterKey,
    /// No request starts before.
    pub(crate) next_allowed: Mono,
    /// What pushed it there.
    cause: Cause,
    /// Requests under way.
    pub(crate) in_flight: u32,
    /// Requests under way, at most; 0 = no limit.
    limit: u32,
    /// Hosts that pass through it.
    members: u32,
    /// Hosts that found it full, each at most once: bounded by the hosts in memory. Most never are.
    #[expect(clippy::box_collection, reason = "none, mostly: that takes a quarter of an empty one")]
    waiting: Option<Box<VecDeque<usize>>>,
}

impl Limiter {
    /// Pushes the clock to `at`, never back.
    pub(crate) fn push(&mut self, at: Mono, cause: Cause) {
        if at > self.next_allowed {
            (self.next_allowed, self.cause) = (at, cause);
        }
    }

    /// Whether one more may pass as far as the count goes.
    pub(crate) fn has_slot(&self, limit: usize) -> bool {
        let own = if self.limit == 0 { u32::MAX } else { self.limit };
        self.in_flight < own && (self.in_flight as usize) < limit
    }

    /// Queues a host that found no slot.
    pub(crate) fn wait(&mut self, host: usize) {
        self.waiting.get_or_insert_default().push_back(host);
    }

    /// The host that waits longest.
    pub(crate) fn next_waiting(&mut self) -> Option<usize> {
        let waiting = self.waiting.as_mut()?;
        let next = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting = None;
        }
        next
    }
}

/// All gates in use.
#[derive(Debug, Default)]
pub(crate) struct Limiters {
    gates: Slab<Limiter>,
    /// Those of domains and addresses.
    by_key: HashMap<LimiterKey, LimiterId>,
    /// Gates without members whose time has not passed: bounded by the domains and addresses asked within a delay.
    deserted: VecDeque<LimiterId>,
}

impl Limiters {
    /// Joins the gate of `key`, made if need be with this limit.
    pub(crate) fn join(&mut self, key: LimiterKey, limit: usize) -> LimiterId {
        let gates = &mut self.gates;
        let mut make = || {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let gate = Limiter {
                key,
                next_allowed: Mono::default(),
                cause: Cause::default(),
                in_flight: 0,
                limit,
                members: 0,
                waiting: None,
            };
            // Two for each host in memory, at most.
            LimiterId::try_from(gates.insert(gate)).unwrap_or(LimiterId::MAX)
        };
        let id = match key {
            // Nobody else will ask for it.
            LimiterKey::Host(_) => make(),
            LimiterKey::Domain(_) | LimiterKey::Ip(_) => *self.by_key.entry(key).or_insert_with(make),
        };
        if let Some(gate) = self.gates.get_mut(id as usize) {
            gate.members += 1;
        }
        id
    }

    /// Leaves a gate. It goes with its last member; one that other hosts may come to share, when its time has passed.
    pub(crate) fn leave(&mut self, id: LimiterId, now: Mono) {
        let Some(gate) = self.gates.get_mut(id as usize) else { return };
        gate.members = gate.members.saturating_sub(1);
        if gate.members > 0 {
            return;
        }
        match gate.key {
            // The host's row has its time.
            LimiterKey::Host(_) => self.remove(id),
            LimiterKey::Domain(_) | LimiterKey::Ip(_) => {
                self.deserted.push_back(id);
                self.tidy(now);
            }
        }
    }

    /// Looks at two deserted gates: more go than come.
    fn tidy(&mut self, now: Mono) {
        for _ in 0..2 {
            let Some(id) = self.deserted.pop_front() else { return };
            match self.gates.get(id as usize) {
                Some(gate) if gate.members == 0 && gate.next_allowed <= now => self.remove(id),
                Some(gate) if gate.members == 0 => self.deserted.push_back(id),
                Some(_) | None => {}
            }
        }
    }

    fn remove(&mut self, id: LimiterId) {
        let gate = self.gates.remove(id as usize);
        self.by_key.remove(&gate.key);
    }

    /// The gate.
    pub(crate) fn get_mut(&mut self, id: LimiterId) -> Option<&mut Limiter> {
        self.gates.get_mut(id as usize)
    }

    /// Its clock, and what pushed it.
    pub(crate) fn clock(&self, id: LimiterId) -> (Mono, Cause) {
        self.gates.get(id as usize).map_or_else(Default::default, |gate| (gate.next_allowed, gate.cause))
    }

    /// When the next request may start.
    pub(crate) fn next_allowed(&self, id: LimiterId) -> Mono {
        self.gates.get(id as usize).map_or(Mono(0), |gate| gate.next_allowed)
    }

    /// One is through: the clock is pushed, a slot taken.
    pub(crate) fn enter(&mut self, id: LimiterId, now: Mono, delay: Duration, cause: Cause) {
        if let Some(gate) = self.gates.get_mut(id as usize) {
            gate.in_flight += 1;
            gate.push(now + delay, cause);
        }
    }

    /// One is back: a slot is free.
    pub(crate) fn exit(&mut self, id: LimiterId) {
        if let Some(gate) = self.gates.get_mut(id as usize) {
            gate.in_flight = gate.in_flight.saturating_sub(1);
        }
    }
}
