//! Loads hosts into memory, and evicts them to make room for others.
//!
//! At most `store.hosts` hosts are active. The first URLs of another host only pass through memory on their way to the
//! store. If inactive hosts wait, a host is evicted once it has had its turn, or if it is due much later. It leaves memory
//! when its row is committed, with a due time that the reading of the due index has not passed. That reading loads it
//! again.

use std::time::Duration;

use super::{FEW_HEADS, HEADS, Host, Row, inactive::Due};
use crate::{
    base::time::{Mono, Now, Wall},
    frontier::{Frontier, invariant::Invariant, politeness::HostState},
    keys::HostKey,
    store::DueAfter,
};

/// Page leases of a host before it may be evicted.
const URLS_PER_TURN: u32 = 16;

/// A host that is due later than this may be evicted.
const FAR_OFF: Duration = Duration::from_secs(60);

/// Minimum time from eviction to due time. Longer than a commit takes, so that nothing has been read past the due time by
/// then.
const MIN_INACTIVE: Duration = Duration::from_secs(1);

/// Divisor of `store.hosts` for the maximum number of hosts being evicted at the same time.
const EVICTING_SHARE: usize = 16;

impl Frontier {
    /// Puts a host into memory. Returns its slot.
    pub(crate) fn insert_host(&mut self, mut host: Host) -> usize {
        if let Some(address) = host.address {
            let limit = self.ip_limit();
            self.schedule.join_address(&mut host.politeness, address, limit);
        }
        // A head takes up to 200 bytes. This bounds the memory of all heads together.
        host.queue.room = if self.hosts.len() < self.hosts.limit() / 4 { HEADS } else { FEW_HEADS };
        self.hosts.insert(host)
    }

    /// Loads a host from its row.
    pub(crate) fn load(&mut self, key: HostKey, row: Row, now: Now) {
        self.inactive.remove(row.queued, row.parked(self.run));
        let politeness = self.schedule.join(key, &row.root);
        let delay = self.schedule.policy(&politeness).politeness.delay;
        let (pause, cause) = row.pause(delay, self.run, now);
        self.schedule.postpone(&politeness, now.mono + pause, cause);
        let due = now.mono_at(row.due());
        let slot = self.insert_host(Host::from_row(key, row, politeness, self.run, now));
        self.activate(slot, due, now);
    }

    /// Schedules a host that came into memory, or evicts it again if there is no room.
    pub(crate) fn activate(&mut self, slot: usize, due: Mono, now: Now) {
        if self.hosts.len() > self.hosts.limit() {
            return self.start_eviction(slot, due, now);
        }
        match self.hosts.get_mut(slot) {
            Some(host) if host.politeness.parked().is_some() => self.schedule.wait(slot, host, due),
            Some(_) => self.wake(slot, now.mono),
            None => {}
        }
    }

    /// Evicts a host that has had its turn, if others wait. Returns true if it did.
    pub(crate) fn evict_if_crowded(&mut self, slot: usize, now: Now) -> bool {
        let has_had_its_turn = |host: &Host| host.leased_since_load >= URLS_PER_TURN && host.leases == 0;
        let evicts = self.is_crowded() && self.hosts.get(slot).is_some_and(has_had_its_turn);
        if evicts {
            self.start_eviction(slot, now.mono, now);
        }
        evicts
    }

    /// Returns true if inactive hosts wait for room.
    fn is_crowded(&self) -> bool {
        let max = self.hosts.limit() / EVICTING_SHARE;
        self.inactive.queued() > 0 && self.hosts.room() == 0 && self.inactive.evicting.len() <= max
    }

    /// Returns what to read from the due index now: nothing if no host is inactive or there is no room.
    pub(crate) fn due_queries(&mut self, now: Now) -> Vec<DueAfter> {
        if !self.inactive.start_poll(now.mono) {
            return Vec::new();
        }
        if self.hosts.room() == 0 {
            self.make_room(now);
        }
        match self.hosts.room() {
            0 => Vec::new(),
            room => self.inactive.queries(room, now.wall),
        }
    }

    /// Requests the rows of the hosts that are due.
    pub(crate) fn apply_due(&mut self, from: &DueAfter, found: &[Due]) {
        let unloaded_hosts = found.iter().map(|(_, host)| *host).filter(|host| !self.hosts.contains(host));
        self.inactive.want(unloaded_hosts);
        self.inactive.note_read(from, found);
    }

    /// Evicts hosts that have no URL to lease, now or for long.
    fn make_room(&mut self, now: Now) {
        let others_wait = self.inactive.queued() > 0;
        // Returns until when a host has no URL to lease, if it may be evicted.
        let idle_until = |host: &Host| match host.politeness.state() {
            HostState::Idle => (host.queue.len() == 0).then_some(now.mono),
            HostState::Waiting { at, .. } => {
                let has_had_its_turn = others_wait && host.leased_since_load >= URLS_PER_TURN;
                let may_go = host.politeness.parked().is_some() || has_had_its_turn || at.since(now.mono) > FAR_OFF;
                may_go.then_some(at)
            }
            HostState::Ready | HostState::WaitingForSlot => None,
        };
        let staying = self.hosts.iter().filter(|(_, host)| host.leases == 0 && host.evicting.is_none());
        let idle = staying.filter_map(|(slot, host)| Some((slot, idle_until(host)?)));
        let idle: Vec<_> = idle.take(self.hosts.limit() / EVICTING_SHARE + 1).collect();
        for (slot, due) in idle {
            self.start_eviction(slot, due, now);
        }
        // No query is out, so hosts without queued URLs can leave at once.
        self.finish_evictions(now);
    }

    /// Lets a host leave memory as soon as the store has it, until `due`.
    fn start_eviction(&mut self, slot: usize, due: Mono, now: Now) {
        let Some(host) = self.hosts.get_mut(slot) else { return };
        let next_allowed = self.schedule.withdraw(&mut host.politeness);
        host.evicting = Some(due.max(next_allowed).max(now.mono + MIN_INACTIVE));
        self.inactive.evicting.push(slot);
        if host.queue.len() > 0 {
            self.commits.open().touch(host.key);
        }
    }

    /// Returns the due entry for a host's row: there is one as long as anything is queued, and it is read only while the
    /// host is inactive.
    pub(crate) fn due_entry(&self, host: &Host, now: Now) -> Option<Wall> {
        let evicting = host.evicting.filter(|_| Invariant::DueTime.is_kept());
        let due = evicting.map(|due| self.inactive.due_after_read(host.key.partition(), now.wall_at(due)));
        (host.stored > 0).then(|| due.or(host.due).unwrap_or(now.wall))
    }

    /// Drops evicted hosts that the store has as they are. A host that something is queued for all the time, or whose due
    /// time has been read past, tries again, or stays if there is room.
    pub(crate) fn finish_evictions(&mut self, now: Now) {
        for slot in std::mem::take(&mut self.inactive.evicting) {
            let Some(host) = self.hosts.get(slot) else { continue };
            let Some(due) = host.evicting else { continue };
            let is_stored = !self.commits.touches(host.key);
            let will_be_read = host.due.map_or(host.queue.len() == 0, |due| self.inactive.is_unread((due, host.key)));
            if is_stored && will_be_read {
                self.drop_host(slot, now);
            } else if !is_stored && due > now.mono {
                self.inactive.evicting.push(slot);
            } else if self.hosts.len() <= self.hosts.limit() + self.hosts.limit() / EVICTING_SHARE {
                self.cancel_eviction(slot, due);
            } else {
                self.start_eviction(slot, due, now);
            }
        }
    }

    fn cancel_eviction(&mut self, slot: usize, due: Mono) {
        if let Some(host) = self.hosts.get_mut(slot) {
            (host.evicting, host.leased_since_load) = (None, 0);
            self.schedule.wait(slot, host, due);
        }
    }

    fn drop_host(&mut self, slot: usize, now: Now) {
        let host = self.hosts.remove(slot);
        self.schedule.leave(&host.politeness, now.mono);
        self.inactive.add(host.queue.len(), host.politeness.parked());
    }
}
