//! Reads what a query asks for, from one snapshot.

use std::ops::Bound;

use bytes::Bytes;
use fjall::{Readable, Snapshot};

use super::{
    database::{Database, get, number_in},
    error::from_fjall,
    keys,
};
use crate::{
    base::time::Wall,
    error::StoreError,
    keys::{HostKey, UrlKey},
    store::{
        query::{AsideAfter, DueAfter, HeadsAfter, KeysAfter, Query, QueryResult},
        queue_position::QueuePosition,
    },
};

impl Database {
    /// Executes a query on one snapshot.
    pub(crate) fn query(&self, query: &Query) -> Result<QueryResult, StoreError> {
        let snapshot = self.inner.snapshot();
        Ok(QueryResult {
            as_of: number_in(&snapshot, &self.meta)?,
            seen: try_map(&query.seen, |url| get(&snapshot, &self.seen, keys::url(*url)))?,
            hosts: try_map(&query.hosts, |host| get(&snapshot, &self.hosts, keys::host(*host)))?,
            heads: try_map(&query.heads, |from| self.heads(&snapshot, from))?,
            due: try_map(&query.due, |from| self.due(&snapshot, from))?,
            keys: match &query.keys {
                Some(from) => self.keys(&snapshot, from)?,
                None => Vec::new(),
            },
            aside: match &query.aside {
                Some(from) => self.aside(&snapshot, from)?,
                None => Vec::new(),
            },
        })
    }

    fn heads(&self, snapshot: &Snapshot, from: &HeadsAfter) -> Result<Vec<(QueuePosition, Bytes)>, StoreError> {
        let mut entries = Vec::new();
        for floor in &from.floors {
            let after = from.after.filter(|after| after >= floor);
            let low = bound(after.is_some(), keys::queued(from.host, after.unwrap_or(*floor)));
            let last = QueuePosition { seq: u64::MAX, ..*floor };
            if after.is_some_and(|after| after >= last) {
                continue;
            }
            let high = Bound::Included(keys::queued(from.host, last));
            let limit = usize::from(from.limit).saturating_sub(entries.len());
            for guard in snapshot.range(&self.queue, (low, high)).take(limit) {
                let (key, entry) = guard.into_inner().map_err(|error| from_fjall(&error))?;
                let position = keys::read_position(&key).ok_or_else(|| StoreError::corrupt("a key of `queue`"))?;
                entries.push((position, entry.into()));
            }
        }
        Ok(entries)
    }

    fn keys(&self, snapshot: &Snapshot, from: &KeysAfter) -> Result<Vec<UrlKey>, StoreError> {
        let low = match from.after {
            Some(after) => Bound::Excluded(keys::url(after).to_vec()),
            None => Bound::Excluded(keys::NUMBER.to_vec()),
        };
        let rows = snapshot.range(&self.seen, (low, Bound::Unbounded));
        let keys = rows.take(usize::try_from(from.limit).unwrap_or(usize::MAX)).map(|guard| {
            let key = guard.key().map_err(|error| from_fjall(&error))?;
            keys::read_url(&key).ok_or_else(|| StoreError::corrupt("a key of `seen`"))
        });
        keys.collect()
    }

    fn aside(&self, snapshot: &Snapshot, from: &AsideAfter) -> Result<Vec<(UrlKey, Bytes)>, StoreError> {
        let low = match from.after {
            Some(after) => Bound::Excluded(keys::aside(after).to_vec()),
            None => Bound::Included(keys::ASIDE.to_vec()),
        };
        let rows = snapshot.range(&self.meta, (low, Bound::Excluded(keys::AFTER_ASIDE.to_vec())));
        let rows = rows.take(from.limit.into()).map(|guard| {
            let (key, entry) = guard.into_inner().map_err(|error| from_fjall(&error))?;
            let url = keys::read_aside(&key).ok_or_else(|| StoreError::corrupt("the key of a URL set aside"))?;
            Ok((url, entry.into()))
        });
        rows.collect()
    }

    fn due(&self, snapshot: &Snapshot, from: &DueAfter) -> Result<Vec<(Wall, HostKey)>, StoreError> {
        if from.after.is_some_and(|(at, _)| at > from.until) {
            return Ok(Vec::new());
        }
        let (at, host) = from.after.unwrap_or((Wall(0), HostKey(0)));
        let low = bound(from.after.is_some(), keys::due(from.partition, at, host));
        let high = Bound::Included(keys::due(from.partition, from.until, HostKey(u64::MAX)));
        let rows = snapshot.range(&self.due, (low, high)).take(from.limit.into());
        let hosts = rows.map(|guard| {
            let key = guard.key().map_err(|error| from_fjall(&error))?;
            keys::read_due(&key).ok_or_else(|| StoreError::corrupt("a key of `due`"))
        });
        hosts.collect()
    }
}

fn bound<T>(is_excluded: bool, key: T) -> Bound<T> {
    if is_excluded { Bound::Excluded(key) } else { Bound::Included(key) }
}

fn try_map<Q, A>(items: &[Q], read: impl FnMut(&Q) -> Result<A, StoreError>) -> Result<Vec<A>, StoreError> {
    items.iter().map(read).collect()
}
