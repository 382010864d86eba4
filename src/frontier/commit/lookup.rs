//! Questions to the store, and what its answers bring: links decided, hosts, heads of queues.

use std::collections::BTreeMap;

use bytes::Bytes;
use hashbrown::HashMap;

use super::{batch::Batch, entry::Entry};
use crate::{
    base::time::Now,
    error::StoreError,
    frontier::{
        Frontier,
        hosts::{HEADS, Queued, Row},
        settlement::not_before,
    },
    keys::{HostKey, Partition, UrlKey},
    store::{Grant, HeadsAfter, Query, QueryResult, QueuePosition},
};

/// Links in one question, at most; the rest joins the next.
const MAX_SEEN: usize = 65_536;

/// Hosts in one question whose rows are wanted, and whose heads, at most: the rest joins the next. After a start all of
/// them want both, and nothing is lent before the answer.
const MAX_HOSTS: usize = 2048;

/// Entries read of one queue at a time: more than there is room for heads, as some may be out of date.
const MAX_HEADS: u16 = 2 * HEADS as u16;

impl Frontier {
    /// The next question to the store, unless one is out or nothing is wanted.
    pub(crate) fn query(&mut self, now: Now) -> Option<Query> {
        if self.asked.is_some() {
            return None;
        }
        let due = self.due_questions(now);
        let seen: Vec<_> = self.questions.keys().take(MAX_SEEN).copied().collect();
        let strangers = seen.iter().map(|url| url.host).filter(|host| !self.slots.contains_key(host));
        let mut hosts: Vec<_> = strangers.chain(self.rest.rows.iter().copied().take(MAX_HOSTS)).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let hungry: Vec<_> = self.hungry.iter().copied().take(MAX_HOSTS).collect();
        for slot in &hungry {
            self.hungry.remove(slot);
        }
        let heads = hungry.into_iter().filter_map(|slot| {
            let host = self.hosts.get(slot)?;
            let (after, floors) = (host.queue.read_position(), host.queue.floors().to_vec());
            Some(HeadsAfter { host: host.key, after, floors, limit: MAX_HEADS })
        });
        let ask = Query { seen, hosts, heads: heads.collect(), due, keys: self.seen.question() };
        if ask.is_empty() {
            return None;
        }
        self.asked = Some(ask.clone());
        Some(ask)
    }

    /// The question that is out was not answered: it is asked again.
    pub(crate) fn ask_again(&mut self) {
        let Some(ask) = self.asked.take() else { return };
        self.hungry.extend(ask.heads.iter().filter_map(|from| self.slots.get(&from.host)));
    }

    /// The answer to the question that is out.
    ///
    /// # Errors
    /// When a row or an entry is not what the frontier wrote.
    pub(crate) fn answer(&mut self, answer: QueryResult, now: Now) -> Result<(), StoreError> {
        let Some(ask) = self.asked.take() else { return Ok(()) };
        if let Some(from) = ask.keys {
            self.seen.read(from, &answer);
        }
        let mut strangers = self.take_rows(&ask.hosts, answer.hosts, now)?;
        for (url, outcome) in ask.seen.iter().zip(answer.seen) {
            self.decide(url, outcome.is_some(), &mut strangers, now);
        }
        for (from, entries) in ask.heads.iter().zip(answer.heads) {
            self.take_heads(from, &entries, now)?;
        }
        for (from, due) in ask.due.iter().zip(answer.due) {
            self.take_due(from, &due);
        }
        self.forget_committed(now);
        Ok(())
    }

    /// A link that was asked is admitted into the batch that brought it, unless it is known after all.
    fn decide(&mut self, url: &UrlKey, seen: bool, strangers: &mut HashMap<HostKey, Row>, now: Now) {
        let Some(question) = self.questions.remove(url) else { return };
        let number = question.batch;
        let batch = self.batch(number);
        batch.questions = batch.questions.saturating_sub(1);
        if seen || self.is_known(url) {
            self.seen.insert(url.url);
            return self.revisit(&question.request, number, now);
        }
        if let Some(row) = strangers.remove(&url.host) {
            self.load(url.host, row, now);
        }
        self.admit(*url, &question.request, number, now);
    }

    /// Hosts whose rows were wanted come into memory. The rows of others, which links that were asked lead to, are left.
    fn take_rows(
        &mut self,
        keys: &[HostKey],
        rows: Vec<Option<Bytes>>,
        now: Now,
    ) -> Result<HashMap<HostKey, Row>, StoreError> {
        let mut strangers = HashMap::new();
        for (&key, row) in keys.iter().zip(rows) {
            let is_wanted = self.rest.rows.remove(&key);
            let Some(bytes) = row.filter(|_| !self.slots.contains_key(&key)) else { continue };
            let row = Row::from_bytes(&bytes).ok_or_else(|| StoreError::corrupt("the row of a host"))?;
            if is_wanted && !row.sleeps(self.run, now.wall) {
                self.load(key, row, now);
            } else {
                strangers.insert(key, row);
            }
        }
        Ok(strangers)
    }

    /// Heads from the store, with what was batched since laid over them.
    fn take_heads(&mut self, from: &HeadsAfter, stored: &[(QueuePosition, Bytes)], now: Now) -> Result<(), StoreError> {
        let Some(&slot) = self.slots.get(&from.host) else { return Ok(()) };
        let Some(host) = self.hosts.get(slot) else { return Ok(()) };
        let read = host.queue.read_position();
        let is_whole = stored.len() < usize::from(from.limit);
        let end = if is_whole { None } else { stored.last().map(|(place, _)| *place) };
        // What is out of date, or on loan, is passed over before anything is counted off, so that an answer without
        // heads means that there are none.
        let wanted = |place: QueuePosition, url: &UrlKey, later: &[Batch]| {
            read.is_none_or(|read| place > read)
                && !self.leased_urls.contains(url)
                && !later.iter().any(|batch| batch.overrides(url, place))
        };
        let mut found = BTreeMap::new();
        for (place, bytes) in stored {
            let entry = Entry::from_bytes(bytes).ok_or_else(|| StoreError::corrupt("a queue entry"))?;
            if wanted(*place, &host.url_key(entry.head.url), &self.batches) {
                found.insert(*place, entry);
            }
        }
        for (index, batch) in self.batches.iter().enumerate() {
            let later = self.batches.get(index + 1..).unwrap_or_default();
            let entries = batch.entries(from.host, read).take_while(|(place, ..)| end.is_none_or(|end| *place <= end));
            let entries = entries.filter(|(place, url, _)| wanted(*place, url, later)).take(HEADS);
            found.extend(entries.map(|(place, _, entry)| (place, entry.clone())));
        }
        let found = found.into_iter().map(|(place, entry)| {
            let not_before = not_before(entry.head.not_before, now);
            Queued { place, entry, not_before }
        });
        if let Some(host) = self.hosts.get_mut(slot) {
            host.queue.refill(found, end);
        }
        self.wake(slot, now.mono);
        Ok(())
    }
}

/// The arrival counters that the store's grants carry.
pub(crate) fn seqs(grants: &[Grant]) -> BTreeMap<Partition, u64> {
    let seq = |grant: &Grant| match grant {
        Grant::Begin { partition, meta, .. } => Some((*partition, u64::from_be_bytes(meta[..].try_into().ok()?))),
        Grant::End { .. } => None,
    };
    grants.iter().filter_map(seq).collect()
}
