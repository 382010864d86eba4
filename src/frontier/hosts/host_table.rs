//! The hosts in memory.

use hashbrown::{HashMap, HashSet};
use slab::Slab;

use super::host::Host;
use crate::keys::HostKey;

/// The hosts in memory, by slot and by key.
#[derive(Debug)]
pub(crate) struct HostTable {
    /// Boxed, because a million hosts may pass through here and a growing table would hold all of them twice.
    hosts: Slab<Box<Host>>,
    slots: HashMap<HostKey, usize>,
    /// Slots of hosts whose queues need a refill.
    need_heads: HashSet<usize>,
    /// `store.hosts`: maximum number of active hosts.
    limit: usize,
}

impl HostTable {
    /// An empty table for at most `limit` active hosts.
    pub(crate) fn new(limit: usize) -> Self {
        Self { hosts: Slab::new(), slots: HashMap::new(), need_heads: HashSet::new(), limit }
    }

    /// Returns the slot of a host.
    pub(crate) fn slot(&self, key: &HostKey) -> Option<usize> {
        self.slots.get(key).copied()
    }

    /// Returns true if the host is in memory.
    pub(crate) fn contains(&self, key: &HostKey) -> bool {
        self.slots.contains_key(key)
    }

    pub(crate) fn get(&self, slot: usize) -> Option<&Host> {
        self.hosts.get(slot).map(Box::as_ref)
    }

    pub(crate) fn get_mut(&mut self, slot: usize) -> Option<&mut Host> {
        self.hosts.get_mut(slot).map(Box::as_mut)
    }

    /// Returns the host with this key.
    pub(crate) fn by_key(&self, key: &HostKey) -> Option<&Host> {
        self.get(*self.slots.get(key)?)
    }

    /// Like `by_key`, to change the host.
    pub(crate) fn by_key_mut(&mut self, key: &HostKey) -> Option<&mut Host> {
        let slot = *self.slots.get(key)?;
        self.get_mut(slot)
    }

    /// Returns a host, unless it is being evicted. Requests a refill of its queue if it needs one.
    pub(crate) fn active_mut(&mut self, slot: usize) -> Option<&mut Host> {
        let host = self.hosts.get_mut(slot).filter(|host| host.evicting.is_none())?;
        if host.queue.wants_more() && !host.queue.needs_heads {
            host.queue.needs_heads = true;
            self.need_heads.insert(slot);
        }
        Some(host)
    }

    /// Removes up to `max` refill requests.
    pub(crate) fn take_refills(&mut self, max: usize) -> Vec<usize> {
        let slots: Vec<_> = self.need_heads.iter().copied().take(max).collect();
        for slot in &slots {
            self.need_heads.remove(slot);
        }
        slots
    }

    /// Requests the refill of a host's queue again.
    pub(crate) fn retry_refill(&mut self, key: &HostKey) {
        self.need_heads.extend(self.slots.get(key));
    }

    /// Adds a host. Returns its slot.
    pub(crate) fn insert(&mut self, host: Host) -> usize {
        let key = host.key;
        let slot = self.hosts.insert(Box::new(host));
        self.slots.insert(key, slot);
        slot
    }

    /// Removes the host in `slot`, which must not be empty.
    pub(crate) fn remove(&mut self, slot: usize) -> Box<Host> {
        let host = self.hosts.remove(slot);
        self.slots.remove(&host.key);
        self.need_heads.remove(&slot);
        host
    }

    /// Returns the number of hosts, including those being evicted.
    pub(crate) fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Returns all hosts with their slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Host)> {
        self.hosts.iter().map(|(slot, host)| (slot, host.as_ref()))
    }

    /// Returns the maximum number of active hosts.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Returns how many more hosts may become active.
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.hosts.len())
    }
}
