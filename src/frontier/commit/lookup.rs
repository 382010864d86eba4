//! Queries to the store, and what their results bring: decided links, hosts, heads of queues.

use std::collections::BTreeMap;

use bytes::Bytes;
use hashbrown::HashMap;

use super::{
    entry::{Entry, VisitPurpose},
    seen_row::SeenRow,
};
use crate::{
    base::time::Now,
    error::StoreError,
    frontier::{
        Frontier,
        hosts::{HEADS, Queued, Row},
        seen::known_urls::{LookupCause, PendingLookup},
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
        let heads = heads.collect();
        let aside = self.aside.query().filter(|_| !self.commits.is_paused());
        let query = Query { seen, hosts, heads, due, keys: self.known.query(), aside };
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
        for (url, stored) in query.seen.iter().zip(result.seen) {
            self.decide(url, stored.as_deref(), &mut unloaded, now)?;
        }
        if let Some(from) = query.aside {
            self.apply_aside(from, result.aside)?;
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

    /// Decides a pending lookup, into the batch that caused it. `stored` is the URL's row in the store.
    fn decide(
        &mut self,
        url: &UrlKey,
        stored: Option<&[u8]>,
        unloaded: &mut HashMap<HostKey, Row>,
        now: Now,
    ) -> Result<(), StoreError> {
        let Some(lookup) = self.known.take_pending(url) else { return Ok(()) };
        let PendingLookup { cause, mut request, batch } = lookup;
        let waiting = self.commits.batch(batch);
        waiting.undecided = waiting.undecided.saturating_sub(1);
        let is_known = stored.is_some() || self.is_known(url);
        if is_known {
            self.known.insert(url);
        }
        if is_known && cause == LookupCause::Link && !self.compares_visits() {
            // The common case does not need the row.
            self.offer_known(*url, request, batch, now);
            return Ok(());
        }
        let row = self.seen_row(url, stored)?;
        if self.needs_host(row.as_ref(), &request)
            && let Some(row) = unloaded.remove(&url.host)
        {
            self.load(url.host, row, now);
        }
        match (cause, row) {
            (LookupCause::Link, None) => self.admit(*url, &request, VisitPurpose::Page, batch, now),
            (LookupCause::Link, Some(row)) => {
                if !self.revisit(&request, batch, now) {
                    self.reconsider(*url, &request, row, batch, now);
                }
            }
            (LookupCause::Restore, Some(SeenRow::SetAside(_))) => self.restore(*url, &request, batch, now),
            (LookupCause::Settled, Some(SeenRow::Ended(status))) => {
                // The store still has the row from before the settlement, whose batch waits for this.
                if let Some(SeenRow::Queued { depth: Some(depth) }) = stored.and_then(SeenRow::from_bytes) {
                    request.set_depth(depth.min(request.depth_value()));
                }
                self.reconsider_ended(*url, request, status, batch, now);
            }
            (LookupCause::Restore | LookupCause::Settled, _) => {}
        }
        Ok(())
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
