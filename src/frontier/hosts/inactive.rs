//! Which hosts are in memory, and which rest in the store: there a host costs its row and nothing else.
//!
//! At most `store.hosts` are active. What is queued for another passes through memory until the store has it. A host that
//! has had its share, or whose turn is far off, makes room when others wait; it goes once its row is committed, with a
//! turn (`due`) that the reading of the due order has not passed yet. That reading wakes it.

use std::{collections::BTreeMap, time::Duration};

use hashbrown::HashSet;

use super::{Host, HostState, Row};
use crate::{
    base::time::{Mono, Now, Wall},
    frontier::{Frontier, invariant::Invariant},
    keys::{HostKey, Partition},
    store::{DueAfter, Grant},
};

/// URLs that a host gives before it makes room for another.
const URLS_PER_TURN: u32 = 16;

/// A host whose turn is further off makes room for another.
const FAR_OFF: Duration = Duration::from_secs(60);

/// How long a host rests at least: longer than a commit takes, so that nobody has read past its turn by then.
const MIN_INACTIVE: Duration = Duration::from_secs(1);

/// Time between two looks at the due order while nobody's turn has come.
const LOOK: Duration = Duration::from_secs(1);

/// Hosts read from a partition's due order at a time, at most.
const MAX_DUE: usize = 256;

/// Hosts that leave memory at the same time: one in so many of those in it.
const LEAVE: usize = 16;

/// A place in the due order.
type Due = (Wall, HostKey);

/// The hosts at rest, and how they are found again.
#[derive(Debug)]
pub(crate) struct InactiveHosts {
    /// URLs queued at hosts at rest that are not parked.
    pub(crate) queued: u64,
    /// URLs queued at parked hosts at rest.
    pub(crate) parked: u64,
    /// Whether a host that is not in memory may have a row in the store.
    is_used: bool,
    /// How far the due order of each partition has been read; never beyond the present.
    due: BTreeMap<Partition, Option<Due>>,
    /// The same of the turns that were still to come at the start, until those are read: whoever was parked by an
    /// earlier process is tried again.
    ahead: BTreeMap<Partition, Due>,
    /// Hosts found there whose rows are wanted: no more than there is room for.
    pub(crate) rows: HashSet<HostKey>,
    /// When it is looked again whose turn it is.
    next_look: Mono,
    /// Hosts that leave memory: each once.
    leaving: Vec<usize>,
}

impl InactiveHosts {
    /// So many URLs are queued in the partitions granted.
    pub(crate) fn new(queued: u64, is_used: bool, grants: &[Grant]) -> Self {
        let begun = grants.iter().filter_map(|grant| match grant {
            Grant::Begin { partition, .. } => Some(*partition),
            Grant::End { .. } => None,
        });
        let due: BTreeMap<_, _> = begun.map(|partition| (partition, None)).collect();
        let ahead = if is_used {
            due.keys().map(|&partition| (partition, (Wall(0), HostKey(0)))).collect()
        } else {
            BTreeMap::new()
        };
        Self { queued, parked: 0, is_used, due, ahead, rows: HashSet::new(), next_look: Mono(0), leaving: Vec::new() }
    }

    /// Whether a host that is not in memory may have a row in the store.
    pub(crate) fn is_used(&self) -> bool {
        self.is_used
    }

    /// When it is looked whose turn it is, if anybody rests.
    pub(crate) fn next_look(&self) -> Option<Mono> {
        (self.queued + self.parked > 0).then_some(self.next_look)
    }

    /// A turn that has not been read past: `turn` or later.
    fn turn(&self, partition: Partition, turn: Wall) -> Wall {
        let read = self.due.get(&partition).copied().flatten();
        read.map_or(turn, |(read, _)| turn.max(Wall(read.0 + 1)))
    }

    /// Whether a host's turn is still to be read.
    fn is_ahead(&self, turn: Due) -> bool {
        let read = self.due.get(&turn.1.partition()).copied().flatten();
        read.is_none_or(|read| turn > read) || !Invariant::Turn.is_kept()
    }

    /// Takes in what was read of a partition's due order. Says whether there is more.
    pub(crate) fn read(&mut self, from: &DueAfter, found: &[Due]) -> bool {
        let more = found.len() >= usize::from(from.limit);
        match (found.last(), is_ahead(from)) {
            (Some(&last), false) => drop(self.due.insert(from.partition, Some(last))),
            (Some(&last), true) if more => drop(self.ahead.insert(from.partition, last)),
            (_, true) => drop(self.ahead.remove(&from.partition)),
            (None, false) => {}
        }
        more
    }

    /// Looks again as soon as there is room.
    pub(crate) fn look_soon(&mut self) {
        self.next_look = Mono(0);
    }
}

/// Whether a question is about turns to come.
fn is_ahead(from: &DueAfter) -> bool {
    from.until == Wall(u64::MAX)
}

impl Frontier {
    /// How many more hosts may be active.
    fn room(&self) -> usize {
        self.config.hosts.saturating_sub(self.hosts.len())
    }

    /// Whether hosts at rest wait for room.
    fn is_crowded(&self) -> bool {
        self.rest.queued > 0 && self.room() == 0 && self.rest.leaving.len() <= self.config.hosts / LEAVE
    }

    /// Whose turn is it? Nothing is asked while nobody rests, or there is no room.
    pub(crate) fn due_questions(&mut self, now: Now) -> Vec<DueAfter> {
        if !self.rest.rows.is_empty() || self.rest.next_look().is_none_or(|at| at > now.mono) {
            return Vec::new();
        }
        self.rest.next_look = now.mono + LOOK;
        if self.room() == 0 {
            self.make_room(now);
        }
        if self.room() == 0 {
            return Vec::new();
        }
        let limit = (self.room() / self.rest.due.len().max(1)).clamp(1, MAX_DUE);
        let limit = u16::try_from(limit).unwrap_or(u16::MAX);
        let come = |(&partition, &after)| DueAfter { partition, after, until: now.wall, limit };
        let to_come = |(&partition, &after): (_, &Due)| {
            let after = Some(after.max((now.wall, HostKey(0))));
            DueAfter { partition, after, until: Wall(u64::MAX), limit }
        };
        self.rest.due.iter().map(come).chain(self.rest.ahead.iter().map(to_come)).collect()
    }

    /// Hosts whose turn has come: their rows are wanted.
    pub(crate) fn take_due(&mut self, from: &DueAfter, found: &[Due]) {
        let strangers = found.iter().map(|(_, host)| *host).filter(|host| !self.slots.contains_key(host));
        self.rest.rows.extend(strangers);
        if self.rest.read(from, found) {
            self.rest.look_soon();
        }
    }

    /// Brings a host into memory.
    pub(crate) fn load(&mut self, key: HostKey, row: Row, now: Now) {
        match row.parked(self.run) {
            Some(_) => self.rest.parked = self.rest.parked.saturating_sub(row.queued),
            None => self.rest.queued = self.rest.queued.saturating_sub(row.queued),
        }
        let gate = self.join_gate(key, row.root());
        let policy = self.policies.get(self.policy_of(row.root()));
        let delay = policy.map_or(self.config.politeness.delay, |policy| policy.politeness.delay);
        let (pause, cause) = row.pause(delay, self.run, now);
        if let Some(gate) = self.gates.get_mut(gate) {
            gate.push(now.mono + pause, cause);
        }
        let turn = now.mono_at(row.due());
        let slot = self.insert_host(Host::from_row(key, row, gate, self.run, now));
        self.enter(slot, turn, now);
    }

    /// A host has come into memory: to stay, or, when there is no place left, to pass through.
    pub(crate) fn enter(&mut self, slot: usize, turn: Mono, now: Now) {
        let is_parked = self.hosts.get(slot).is_some_and(|host| host.parked.is_some());
        if self.hosts.len() > self.config.hosts {
            self.leave(slot, turn, now);
        } else if is_parked {
            self.wait(slot, turn);
        } else {
            self.wake(slot, now.mono);
        }
    }

    /// The host makes room for another if it has had its share and others wait. Says whether it does.
    pub(crate) fn yields(&mut self, slot: usize, now: Now) -> bool {
        let yields = self.is_crowded()
            && self.hosts.get(slot).is_some_and(|host| host.given >= URLS_PER_TURN && host.leases == 0);
        if yields {
            self.leave(slot, now.mono, now);
        }
        yields
    }

    /// Sends hosts to rest that have nothing to give, or not for long.
    fn make_room(&mut self, now: Now) {
        let others_wait = self.rest.queued > 0;
        // Until when it has nothing to give.
        let idle_until = |host: &Host| match host.standing {
            HostState::Idle => (host.queue.len() == 0).then_some(now.mono),
            HostState::Waiting { at, .. } => {
                let makes_room = host.parked.is_some() || (others_wait && host.given >= URLS_PER_TURN);
                (makes_room || at.since(now.mono) > FAR_OFF).then_some(at)
            }
            HostState::Ready | HostState::WaitingForSlot => None,
        };
        let staying = self.hosts.iter().filter(|(_, host)| host.leases == 0 && host.leaving.is_none());
        let idle = staying.filter_map(|(slot, host)| Some((slot, idle_until(host)?)));
        let idle: Vec<_> = idle.take(self.config.hosts / LEAVE + 1).collect();
        for (slot, turn) in idle {
            self.leave(slot, turn, now);
        }
        // No question is out, so those with nothing queued can go at once.
        self.see_off(now);
    }

    /// The host leaves memory once the store has it, until `turn`.
    fn leave(&mut self, slot: usize, turn: Mono, now: Now) {
        let Some(host) = self.hosts.get_mut(slot) else { return };
        host.standing = HostState::Idle;
        host.leaving = Some(turn.max(self.gates.next_allowed(host.gate)).max(now.mono + MIN_INACTIVE));
        let (key, is_empty) = (host.key, host.queue.len() == 0);
        self.rest.leaving.push(slot);
        if !is_empty {
            self.open().touch(key);
        }
    }

    /// The due entry of a host's row: needed as long as anything is queued, and read only while the host rests.
    pub(crate) fn due_entry(&self, host: &Host, now: Now) -> Option<Wall> {
        let leaving = host.leaving.filter(|_| Invariant::Turn.is_kept());
        let turn = leaving.map(|turn| self.rest.turn(host.key.partition(), now.wall_at(turn)));
        (host.stored > 0).then(|| turn.or(host.due).unwrap_or(now.wall))
    }

    /// Drops the hosts that leave and that the store has as they are. One that something is queued for all the time, or
    /// whose turn has been read past, tries again, or stays if there is room.
    pub(crate) fn see_off(&mut self, now: Now) {
        for slot in std::mem::take(&mut self.rest.leaving) {
            let Some(host) = self.hosts.get(slot) else { continue };
            let Some(turn) = host.leaving else { continue };
            let is_stored = !self.batches.iter().any(|batch| batch.touches(host.key));
            let is_found = host.due.map_or(host.queue.len() == 0, |due| self.rest.is_ahead((due, host.key)));
            if is_stored && is_found {
                self.drop_host(slot, now);
            } else if !is_stored && turn > now.mono {
                self.rest.leaving.push(slot);
            } else if self.hosts.len() <= self.config.hosts + self.config.hosts / LEAVE {
                self.stay(slot, turn);
            } else {
                self.leave(slot, turn, now);
            }
        }
    }

    /// The host does not leave after all.
    fn stay(&mut self, slot: usize, turn: Mono) {
        if let Some(host) = self.hosts.get_mut(slot) {
            (host.leaving, host.given) = (None, 0);
            self.wait(slot, turn);
        }
    }

    fn drop_host(&mut self, slot: usize, now: Now) {
        let host = self.hosts.remove(slot);
        match host.parked {
            Some(_) => self.rest.parked += host.queue.len(),
            None => self.rest.queued += host.queue.len(),
        }
        self.slots.remove(&host.key);
        self.hungry.remove(&slot);
        self.gates.leave(host.gate, now.mono);
        if let Some(gate) = host.ip_gate {
            self.gates.leave(gate, now.mono);
        }
        self.rest.is_used = true;
        // There is room for another.
        self.rest.look_soon();
    }
}
