//! The store in memory: outlives the pipeline, not the process; keeps only what was committed.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use hashbrown::HashMap;

use super::{
    Change, Commit, DueAfter, Grant, HeadsAfter, KeysAfter, Query, QueryResult, QueuePosition, Receipt, Recovered,
    Store, StoreReader,
};
use crate::{
    base::{locks::lock, time::Wall},
    error::StoreError,
    keys::{HostKey, Partition, UrlKey},
};

/// A [`Store`] that forgets when the process ends. Clones share one state.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryStore {
    state: Arc<Mutex<MemoryState>>,
}

#[derive(Debug, Default)]
struct MemoryState {
    number: u64,
    meta: Bytes,
    positions: Vec<(u16, Bytes)>,
    kept: BTreeMap<Bytes, Bytes>,
    partitions: BTreeMap<Partition, Bytes>,
    seen: BTreeMap<UrlKey, Bytes>,
    queue: HashMap<HostKey, BTreeMap<QueuePosition, Bytes>>,
    hosts: HashMap<HostKey, Bytes>,
    due: BTreeSet<(Partition, Wall, HostKey)>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, MemoryState> {
        // A commit that panicked half-way has no business here: nothing in `apply` can panic.
        lock(&self.state)
    }
}

impl Store for MemoryStore {
    fn reader(&self) -> Box<dyn StoreReader> {
        Box::new(self.clone())
    }

    fn claim_partitions(&mut self, _now: Wall, release: &[Partition]) -> Result<Vec<Grant>, StoreError> {
        if !release.is_empty() {
            return Ok(release.iter().map(|&partition| Grant::End { partition }).collect());
        }
        let state = self.lock();
        let meta = |partition| state.partitions.get(&partition).cloned().unwrap_or_default();
        Ok((0..=Partition::MAX).map(|partition| Grant::Begin { partition, token: 0, meta: meta(partition) }).collect())
    }

    fn commit(&mut self, commit: &Commit) -> Result<Receipt, StoreError> {
        let mut state = self.lock();
        if commit.number <= state.number {
            return Ok(Receipt::default());
        }
        for change in &commit.parts {
            state.apply(change);
        }
        state.number = commit.number;
        state.meta = commit.meta.clone();
        state.positions.clone_from(&commit.positions);
        for (key, row) in &commit.kept {
            match row {
                Some(row) => drop(state.kept.insert(key.clone(), row.clone())),
                None => drop(state.kept.remove(key)),
            }
        }
        Ok(Receipt::default())
    }

    fn recover(&mut self) -> Result<Recovered, StoreError> {
        let state = self.lock();
        Ok(Recovered { number: state.number, meta: state.meta.clone(), positions: state.positions.clone() })
    }

    fn kept(&mut self) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        Ok(self.lock().kept.clone().into_iter().collect())
    }
}

impl StoreReader for MemoryStore {
    fn query(&mut self, ask: &Query) -> Result<QueryResult, StoreError> {
        let state = self.lock();
        Ok(QueryResult {
            as_of: state.number,
            seen: ask.seen.iter().map(|url| state.seen.get(url).cloned()).collect(),
            hosts: ask.hosts.iter().map(|host| state.hosts.get(host).cloned()).collect(),
            heads: ask.heads.iter().map(|from| state.heads(from)).collect(),
            due: ask.due.iter().map(|from| state.due(from)).collect(),
            keys: ask.keys.iter().flat_map(|from| state.keys(from)).collect(),
        })
    }
}

impl MemoryState {
    fn apply(&mut self, change: &Change) {
        for (url, place, entry) in &change.admit {
            self.seen.insert(*url, Bytes::new());
            self.queue.entry(url.host).or_default().insert(*place, entry.clone());
        }
        for (url, old, new, entry) in &change.again {
            let queue = self.queue.entry(url.host).or_default();
            queue.remove(old);
            queue.insert(*new, entry.clone());
        }
        for (url, place, outcome) in &change.settle {
            self.seen.insert(*url, outcome.clone());
            if let Some(place) = place {
                self.dequeue(url.host, place);
            }
        }
        for host in &change.hosts {
            self.hosts.insert(host.host, host.row.clone());
            if let Some(wall) = host.old_due {
                self.due.remove(&(change.partition, wall, host.host));
            }
            if let Some(wall) = host.new_due {
                self.due.insert((change.partition, wall, host.host));
            }
        }
        self.partitions.insert(change.partition, change.meta.clone());
    }

    fn dequeue(&mut self, host: HostKey, place: &QueuePosition) {
        let Some(queue) = self.queue.get_mut(&host) else { return };
        queue.remove(place);
        if queue.is_empty() {
            self.queue.remove(&host);
        }
    }

    fn due(&self, from: &DueAfter) -> Vec<(Wall, HostKey)> {
        let start = from.after.unwrap_or((Wall(0), HostKey(0)));
        let low = (from.partition, start.0, start.1);
        let low = if from.after.is_some() { Bound::Excluded(low) } else { Bound::Included(low) };
        let hosts = self.due.range((low, Bound::Unbounded));
        let hosts = hosts.take_while(|&&(partition, wall, _)| partition == from.partition && wall <= from.until);
        hosts.take(from.limit.into()).map(|&(_, wall, host)| (wall, host)).collect()
    }

    fn heads(&self, from: &HeadsAfter) -> Vec<(QueuePosition, Bytes)> {
        let Some(queue) = self.queue.get(&from.host) else { return Vec::new() };
        let ranks = from.floors.iter().filter_map(|floor| {
            let last = QueuePosition { seq: u64::MAX, ..*floor };
            match from.after.filter(|after| after >= floor) {
                Some(after) => (after < last).then_some((Bound::Excluded(after), last)),
                None => Some((Bound::Included(*floor), last)),
            }
        });
        let entries = ranks.flat_map(|(low, last)| queue.range((low, Bound::Included(last)))).take(from.limit.into());
        entries.map(|(place, entry)| (*place, entry.clone())).collect()
    }

    fn keys(&self, from: &KeysAfter) -> Vec<UrlKey> {
        let low = from.after.map_or(Bound::Unbounded, Bound::Excluded);
        let keys = self.seen.range((low, Bound::Unbounded)).map(|(url, _)| *url);
        keys.take(usize::try_from(from.limit).unwrap_or(usize::MAX)).collect()
    }
}
