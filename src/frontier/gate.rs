//! A gate: one clock and one count of requests, shared by whatever must pass through it: a host's own, its domain's, an
//! IP address's.

use std::{collections::VecDeque, net::IpAddr, time::Duration};

use hashbrown::HashMap;
use slab::Slab;

use super::park::Cause;
use crate::{canonical::HostKey, time::Mono};

/// What a gate is shared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum GateKey {
    /// One host.
    Host(HostKey),
    /// The hosts of one registrable domain, by its hash.
    Domain(u64),
    /// The hosts at one address.
    Ip(IpAddr),
}

/// A gate's index among the [`Gates`].
pub(super) type GateId = usize;

/// One clock that causes may only push later, and a count of requests under way.
#[derive(Debug)]
pub(super) struct Gate {
    key: GateKey,
    /// No request starts before.
    pub(super) next_allowed: Mono,
    /// What pushed it there.
    cause: Cause,
    /// Requests under way.
    pub(super) in_flight: usize,
    /// Requests under way, at most; 0 = no limit.
    limit: usize,
    /// Hosts that found it full, each at most once: bounded by the hosts in memory.
    waiting: VecDeque<usize>,
    /// Hosts that pass through it.
    members: usize,
}

impl Gate {
    /// Pushes the clock to `at`, never back.
    pub(super) fn push(&mut self, at: Mono, cause: Cause) {
        if at > self.next_allowed {
            (self.next_allowed, self.cause) = (at, cause);
        }
    }

    /// Whether one more may pass as far as the count goes.
    pub(super) fn has_slot(&self, limit: usize) -> bool {
        let limit = if self.limit == 0 { limit } else { self.limit.min(limit) };
        self.in_flight < limit
    }

    /// Queues a host that found no slot.
    pub(super) fn wait(&mut self, host: usize) {
        self.waiting.push_back(host);
    }

    /// The host that waits longest.
    pub(super) fn next_waiting(&mut self) -> Option<usize> {
        self.waiting.pop_front()
    }
}

/// All gates in use.
#[derive(Debug, Default)]
pub(super) struct Gates {
    gates: Slab<Gate>,
    by_key: HashMap<GateKey, GateId>,
    /// Gates without members whose time has not passed: bounded by the domains and addresses asked within a delay.
    deserted: VecDeque<GateId>,
}

impl Gates {
    /// Joins the gate of `key`, made if need be with this limit.
    pub(super) fn join(&mut self, key: GateKey, limit: usize) -> GateId {
        let id = *self.by_key.entry(key).or_insert_with(|| {
            let waiting = VecDeque::new();
            self.gates.insert(Gate {
                key,
                next_allowed: Mono(0),
                cause: Cause::Delay,
                in_flight: 0,
                limit,
                waiting,
                members: 0,
            })
        });
        if let Some(gate) = self.gates.get_mut(id) {
            gate.members += 1;
        }
        id
    }

    /// Leaves a gate. It goes with its last member; one that other hosts may come to share, when its time has passed.
    pub(super) fn leave(&mut self, id: GateId, now: Mono) {
        let Some(gate) = self.gates.get_mut(id) else { return };
        gate.members = gate.members.saturating_sub(1);
        if gate.members > 0 {
            return;
        }
        match gate.key {
            // The host's row has its time.
            GateKey::Host(_) => self.remove(id),
            GateKey::Domain(_) | GateKey::Ip(_) => {
                self.deserted.push_back(id);
                self.tidy(now);
            }
        }
    }

    /// Looks at two deserted gates: more go than come.
    fn tidy(&mut self, now: Mono) {
        for _ in 0..2 {
            let Some(id) = self.deserted.pop_front() else { return };
            match self.gates.get(id) {
                Some(gate) if gate.members == 0 && gate.next_allowed <= now => self.remove(id),
                Some(gate) if gate.members == 0 => self.deserted.push_back(id),
                Some(_) | None => {}
            }
        }
    }

    fn remove(&mut self, id: GateId) {
        let gate = self.gates.remove(id);
        self.by_key.remove(&gate.key);
    }

    /// The gate.
    pub(super) fn get_mut(&mut self, id: GateId) -> Option<&mut Gate> {
        self.gates.get_mut(id)
    }

    /// Its clock, and what pushed it.
    pub(super) fn clock(&self, id: GateId) -> (Mono, Cause) {
        self.gates.get(id).map_or_else(Default::default, |gate| (gate.next_allowed, gate.cause))
    }

    /// When the next request may start.
    pub(super) fn next_allowed(&self, id: GateId) -> Mono {
        self.gates.get(id).map_or(Mono(0), |gate| gate.next_allowed)
    }

    /// One is through: the clock is pushed, a slot taken.
    pub(super) fn enter(&mut self, id: GateId, now: Mono, delay: Duration, cause: Cause) {
        if let Some(gate) = self.gates.get_mut(id) {
            gate.in_flight += 1;
            gate.push(now + delay, cause);
        }
    }

    /// One is back: a slot is free.
    pub(super) fn exit(&mut self, id: GateId) {
        if let Some(gate) = self.gates.get_mut(id) {
            gate.in_flight = gate.in_flight.saturating_sub(1);
        }
    }
}
