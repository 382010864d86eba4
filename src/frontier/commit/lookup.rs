//! Queries to the store, and what their results bring: decided links, hosts, heads of queues.

use std::collections::BTreeMap;

use bytes::Bytes;
use hashbrown::HashMap;

use super::entry::Entry;
use crate::{
    base::time::Now,
    error::StoreError,
    frontier::{
        Frontier,
        hosts::{HEADS, Queued, Row},
    },
    keys::{HostKey, UrlKey},
    store::{HeadsAfter, Query, QueryResult, QueuePosition},
};

/// Maximum number of links per query; the others wait for the next one.
const MAX_LINKS: usize = 65_536;

/// Maximum number of hosts per query whose rows, and whose heads, are read; the others wait for the next one. After a start
/// all hosts need both, and none has a lease before the result.
const MAX_HOSTS: usize = 2048;

/// Maximum number of entries read from one queue at a time. More than there is room for, because some may be outdated.
const MAX_HEADS: u16 = 2 * HEADS as u16;

impl Frontier {
    /// Returns the next query to the store, unless one is out or nothing is needed.
    pub(crate) fn query(&mut self, now: Now) -> Option<Query> {
        if self.commits.has_query() {
            return None;
        }
        let due = self.due_queries(now);
        let seen: Vec<_> = self.known.pending().take(MAX_LINKS).copied().collect();
        let unloaded_hosts = seen.iter().map(|url| url.host).filter(|host| !self.hosts.contains(host));
        let mut hosts: Vec<_> = unloaded_hosts.chain(self.inactive.wanted().take(MAX_HOSTS)).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let refills = self.hosts.take_refills(MAX_HOSTS);
        let heads = refills.into_iter().filter_map(|slot| {
            let host = self.hosts.get(slot)?;
            let (after, floors) = (host.queue.read_position(), host.queue.floors().to_vec());
            Some(HeadsAfter { host: host.key, after, floors, limit: MAX_HEADS })
        });
        let query = Query { seen, hosts, heads: heads.collect(), due, keys: self.known.query() };
        if query.is_empty() {
            return None;
        }
        self.commits.set_query(query.clone());
        Some(query)
    }

    /// Notes that the query that is out has failed: its parts go into the next one.
    pub(crate) fn retry_query(&mut self) {
        let Some(query) = self.commits.take_query() else { return };
        query.heads.iter().for_each(|from| self.hosts.retry_refill(&from.host));
    }

    /// Applies the result of the query that is out.
    ///
    /// # Errors
    /// If a row or an entry is corrupt.
    pub(crate) fn apply_result(&mut self, result: QueryResult, now: Now) -> Result<(), StoreError> {
        let Some(query) = self.commits.take_query() else { return Ok(()) };
        if let Some(from) = query.keys {
            self.known.apply_keys(from, &result);
        }
        let mut unloaded = self.load_wanted(&query.hosts, result.hosts, now)?;
        for (url, outcome) in query.seen.iter().zip(result.seen) {
            self.decide(url, outcome.is_some(), &mut unloaded, now);
        }
        for (from, entries) in query.heads.iter().zip(result.heads) {
            self.refill(from, &entries, now)?;
        }
        for (from, due) in query.due.iter().zip(result.due) {
            self.apply_due(from, &due);
        }
        self.forget_committed(now);
        Ok(())
    }

    /// Admits a pending link into the batch that brought it, unless its URL is known.
    fn decide(&mut self, url: &UrlKey, is_seen: bool, unloaded: &mut HashMap<HostKey, Row>, now: Now) {
        let Some(link) = self.known.take_pending(url) else { return };
        let batch = self.commits.batch(link.batch);
        batch.undecided = batch.undecided.saturating_sub(1);
        if is_seen || self.is_known(url) {
            self.known.insert(url);
            return self.revisit(&link.request, link.batch, now);
        }
        if let Some(row) = unloaded.remove(&url.host) {
            self.load(url.host, row, now);
        }
        self.admit(*url, &link.request, link.batch, now);
    }

    /// Loads the hosts that were wanted. Returns the other rows: those of hosts that pending links lead to.
    fn load_wanted(
        &mut self,
        keys: &[HostKey],
        rows: Vec<Option<Bytes>>,
        now: Now,
    ) -> Result<HashMap<HostKey, Row>, StoreError> {
        let mut unloaded = HashMap::new();
        for (&key, row) in keys.iter().zip(rows) {
            let is_wanted = self.inactive.take_wanted(&key);
            let Some(bytes) = row.filter(|_| !self.hosts.contains(&key)) else { continue };
            let row = Row::from_bytes(&bytes).ok_or_else(|| StoreError::corrupt("the row of a host"))?;
            if is_wanted && !row.is_inactive(self.run, now.wall) {
                self.load(key, row, now);
            } else {
                unloaded.insert(key, row);
            }
        }
        Ok(unloaded)
    }

    /// Refills the heads of a queue from the store, with the changes of later batches applied.
    fn refill(&mut self, from: &HeadsAfter, stored: &[(QueuePosition, Bytes)], now: Now) -> Result<(), StoreError> {
        let Some(slot) = self.hosts.slot(&from.host) else { return Ok(()) };
        let Some(host) = self.hosts.get(slot) else { return Ok(()) };
        let read = host.queue.read_position();
        let has_more = stored.len() >= usize::from(from.limit);
        let end = if has_more { stored.last().map(|(position, _)| *position) } else { None };
        // Outdated and leased entries are dropped before any limit is applied, so a result without heads means that there
        // are none.
        let (commits, leases) = (&self.commits, &self.leases);
        let is_wanted = |position: QueuePosition, url: &UrlKey, later: usize| {
            read.is_none_or(|read| position > read) && !leases.has_page(url) && !commits.overrides(later, url, position)
        };
        let mut found = BTreeMap::new();
        for (position, bytes) in stored {
            let entry = Entry::from_bytes(bytes).ok_or_else(|| StoreError::corrupt("a queue entry"))?;
            if is_wanted(*position, &host.url_key(entry.head.url), 0) {
                found.insert(*position, entry);
            }
        }
        for (index, batch) in commits.batches().iter().enumerate() {
            let entries = batch.entries(from.host, read);
            let entries = entries.take_while(|(position, ..)| end.is_none_or(|end| *position <= end));
            let entries = entries.filter(|(position, url, _)| is_wanted(*position, url, index + 1)).take(HEADS);
            found.extend(entries.map(|(position, _, entry)| (position, entry.clone())));
        }
        let found = found.into_iter().map(|(position, entry)| Queued::new(position, entry, now));
        if let Some(host) = self.hosts.get_mut(slot) {
            host.queue.refill(found, end);
        }
        self.wake(slot, now.mono);
        Ok(())
    }
}
