//! Answers to the frontier's questions, each from one snapshot.

use std::ops::Bound;

use bytes::Bytes;
use fjall::{Readable, Snapshot};

use super::{
    database::{Database, get, number_in},
    error::{damaged, fault},
    keys,
};
use crate::{
    base::time::Wall,
    error::StoreError,
    keys::{HostKey, UrlKey},
    store::{DueAfter, HeadsAfter, KeysAfter, Query, QueryResult, QueuePosition},
};

impl Database {
    /// Answers a question from one snapshot.
    pub(crate) fn query(&self, ask: &Query) -> Result<QueryResult, StoreError> {
        let snapshot = self.database.snapshot();
        Ok(QueryResult {
            as_of: number_in(&snapshot, &self.meta)?,
            seen: each(&ask.seen, |url| get(&snapshot, &self.seen, keys::url(*url)))?,
            hosts: each(&ask.hosts, |host| get(&snapshot, &self.hosts, keys::host(*host)))?,
            heads: each(&ask.heads, |from| self.heads(&snapshot, from))?,
            due: each(&ask.due, |from| self.due(&snapshot, from))?,
            keys: match &ask.keys {
                Some(from) => self.keys(&snapshot, from)?,
                None => Vec::new(),
            },
        })
    }

    fn heads(&self, snapshot: &Snapshot, from: &HeadsAfter) -> Result<Vec<(QueuePosition, Bytes)>, StoreError> {
        let mut entries = Vec::new();
        for floor in &from.floors {
            let after = from.after.filter(|after| after >= floor);
            let low = bound(after.is_some(), keys::place(from.host, after.unwrap_or(*floor)));
            let last = QueuePosition { seq: u64::MAX, ..*floor };
            if after.is_some_and(|after| after >= last) {
                continue;
            }
            let high = Bound::Included(keys::place(from.host, last));
            let room = usize::from(from.limit).saturating_sub(entries.len());
            for guard in snapshot.range(&self.queue, (low, high)).take(room) {
                let (key, entry) = guard.into_inner().map_err(|error| fault(&error))?;
                let place = keys::read_place(&key).ok_or_else(|| damaged("a key of `queue`"))?;
                entries.push((place, entry.into()));
            }
        }
        Ok(entries)
    }

    fn keys(&self, snapshot: &Snapshot, from: &KeysAfter) -> Result<Vec<UrlKey>, StoreError> {
        let low = match from.after {
            Some(after) => Bound::Excluded(keys::url(after).to_vec()),
            None => Bound::Excluded(keys::NUMBER.to_vec()),
        };
        let found = snapshot.range(&self.seen, (low, Bound::Unbounded));
        let keys = found.take(usize::try_from(from.limit).unwrap_or(usize::MAX)).map(|guard| {
            let key = guard.key().map_err(|error| fault(&error))?;
            keys::read_url(&key).ok_or_else(|| damaged("a key of `seen`"))
        });
        keys.collect()
    }

    fn due(&self, snapshot: &Snapshot, from: &DueAfter) -> Result<Vec<(Wall, HostKey)>, StoreError> {
        if from.after.is_some_and(|(at, _)| at > from.until) {
            return Ok(Vec::new());
        }
        let (at, host) = from.after.unwrap_or((Wall(0), HostKey(0)));
        let low = bound(from.after.is_some(), keys::due(from.partition, at, host));
        let high = Bound::Included(keys::due(from.partition, from.until, HostKey(u64::MAX)));
        let found = snapshot.range(&self.due, (low, high)).take(from.limit.into());
        found
            .map(|guard| {
                let key = guard.key().map_err(|error| fault(&error))?;
                keys::read_due(&key).ok_or_else(|| damaged("a key of `due`"))
            })
            .collect()
    }
}

fn bound<T>(is_excluded: bool, key: T) -> Bound<T> {
    if is_excluded { Bound::Excluded(key) } else { Bound::Included(key) }
}

fn each<Q, A>(questions: &[Q], answer: impl FnMut(&Q) -> Result<A, StoreError>) -> Result<Vec<A>, StoreError> {
    questions.iter().map(answer).collect()
}
