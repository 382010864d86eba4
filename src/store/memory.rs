//! The store in memory: survives a rebuild of the pipeline, not the process.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use hashbrown::HashMap;

use super::{
    commit::{Change, Commit, Receipt, Recovered, SinkId},
    engine::{Engine, OpenMode},
    inspect::{Inspect, OnDamage, StoredRow, Table},
    query::{AsideAfter, DueAfter, HeadsAfter, KeysAfter, Query, QueryResult},
    queue_position::QueuePosition,
    traits::{Grant, Store, StoreReader},
};
use crate::{
    base::{locks::lock, time::Wall},
    error::{Result, StoreError},
    keys::{HostKey, Partition, UrlKey},
};

/// A [`Store`] in memory. Clones share one state.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryStore {
    state: Arc<Mutex<MemoryState>>,
}

#[derive(Debug, Default)]
struct MemoryState {
    number: u64,
    meta: Bytes,
    positions: Vec<(SinkId, Bytes)>,
    side_rows: BTreeMap<Bytes, Bytes>,
    partitions: BTreeMap<Partition, Bytes>,
    seen: BTreeMap<UrlKey, Bytes>,
    queue: HashMap<HostKey, BTreeMap<QueuePosition, Bytes>>,
    aside: BTreeMap<UrlKey, Bytes>,
    hosts: HashMap<HostKey, Bytes>,
    due: BTreeSet<(Partition, Wall, HostKey)>,
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, MemoryState> {
        lock(&self.state)
    }
}

impl Engine for MemoryStore {
    fn directory(&self) -> Option<&Path> {
        None
    }

    fn open(&self, _mode: OpenMode, _outputs: &[String]) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(self.clone()))
    }

    fn inspect(&self) -> Result<Option<Box<dyn Inspect>>, StoreError> {
        Ok(None)
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
        for change in &commit.changes {
            state.apply(change);
        }
        state.number = commit.number;
        state.meta = commit.meta.clone();
        state.positions.clone_from(&commit.positions);
        for (key, row) in &commit.side_rows {
            match row {
                Some(row) => drop(state.side_rows.insert(key.clone(), row.clone())),
                None => drop(state.side_rows.remove(key)),
            }
        }
        Ok(Receipt::default())
    }

    fn recover(&mut self) -> Result<Recovered, StoreError> {
        self.recovered()
    }

    fn side_rows(&mut self) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        Inspect::side_rows(self)
    }
}

impl StoreReader for MemoryStore {
    fn query(&mut self, query: &Query) -> Result<QueryResult, StoreError> {
        Inspect::query(self, query)
    }
}

impl Inspect for MemoryStore {
    fn outputs(&self) -> &[String] {
        &[]
    }

    fn recovered(&self) -> Result<Recovered, StoreError> {
        let state = self.lock();
        Ok(Recovered { number: state.number, meta: state.meta.clone(), positions: state.positions.clone() })
    }

    fn query(&self, query: &Query) -> Result<QueryResult, StoreError> {
        let state = self.lock();
        Ok(QueryResult {
            as_of: state.number,
            seen: query.seen.iter().map(|url| state.seen.get(url).cloned()).collect(),
            hosts: query.hosts.iter().map(|host| state.hosts.get(host).cloned()).collect(),
            heads: query.heads.iter().map(|from| state.heads(from)).collect(),
            due: query.due.iter().map(|from| state.due(from)).collect(),
            keys: query.keys.iter().flat_map(|from| state.keys(from)).collect(),
            aside: query.aside.iter().flat_map(|from| state.aside(from)).collect(),
        })
    }

    fn side_rows(&self) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        Ok(self.lock().side_rows.clone().into_iter().collect())
    }

    fn scan(&self, table: Table, _on_damage: OnDamage, each: &mut dyn FnMut(StoredRow) -> Result<()>) -> Result<u64> {
        // `each` may use the store, so the lock is not held.
        let rows = self.lock().rows(table);
        rows.into_iter().try_for_each(each).map(|()| 0)
    }
}

impl MemoryState {
    fn apply(&mut self, change: &Change) {
        for (url, position, entry, row) in &change.admit {
            self.seen.insert(*url, row.clone());
            self.queue.entry(url.host).or_default().insert(*position, entry.clone());
        }
        for (url, old, new, entry) in &change.requeue {
            let queue = self.queue.entry(url.host).or_default();
            queue.remove(old);
            queue.insert(*new, entry.clone());
        }
        for (url, position, status) in &change.settle {
            self.seen.insert(*url, status.clone());
            if let Some(position) = position {
                self.dequeue(url.host, position);
            }
        }
        for (url, position, entry, row) in &change.set_aside {
            self.seen.insert(*url, row.clone());
            self.aside.insert(*url, entry.clone());
            if let Some(position) = position {
                self.dequeue(url.host, position);
            }
        }
        for url in &change.restored {
            self.aside.remove(url);
        }
        for (url, row) in &change.notes {
            self.seen.insert(*url, row.clone());
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

    fn dequeue(&mut self, host: HostKey, position: &QueuePosition) {
        let Some(queue) = self.queue.get_mut(&host) else { return };
        queue.remove(position);
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
        entries.map(|(position, entry)| (*position, entry.clone())).collect()
    }

    fn keys(&self, from: &KeysAfter) -> Vec<UrlKey> {
        let low = from.after.map_or(Bound::Unbounded, Bound::Excluded);
        let keys = self.seen.range((low, Bound::Unbounded)).map(|(url, _)| *url);
        keys.take(usize::try_from(from.limit).unwrap_or(usize::MAX)).collect()
    }

    fn aside(&self, from: &AsideAfter) -> Vec<(UrlKey, Bytes)> {
        let low = from.after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.aside.range((low, Bound::Unbounded)).map(|(url, entry)| (*url, entry.clone()));
        rows.take(from.limit.into()).collect()
    }

    /// Returns all rows of a table, in key order.
    fn rows(&self, table: Table) -> Vec<StoredRow> {
        match table {
            Table::Seen => self.seen.iter().map(|(url, status)| StoredRow::Seen(*url, status.clone())).collect(),
            Table::Queue => {
                let mut queues: Vec<_> = self.queue.iter().collect();
                queues.sort_unstable_by_key(|(host, _)| **host);
                let entries =
                    queues.into_iter().flat_map(|(host, queue)| queue.iter().map(move |entry| (*host, entry)));
                entries.map(|(host, (position, entry))| StoredRow::Queued(host, *position, entry.clone())).collect()
            }
            Table::Hosts => {
                let mut hosts: Vec<_> = self.hosts.iter().collect();
                hosts.sort_unstable_by_key(|(host, _)| **host);
                hosts.into_iter().map(|(host, row)| StoredRow::Host(*host, row.clone())).collect()
            }
            Table::Aside => self.aside.iter().map(|(url, entry)| StoredRow::Aside(*url, entry.clone())).collect(),
            Table::Due => self.due.iter().map(|&(_, wall, host)| StoredRow::Due(host, wall)).collect(),
        }
    }
}
