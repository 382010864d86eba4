//! A batch: what one commit will contain. Each URL is in it once, with its last state.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use bytes::Bytes;
use hashbrown::HashMap;

use super::entry::Entry;
use crate::{
    base::stats::Stats,
    frontier::balance::Balance,
    keys::{HostKey, Partition, UrlKey},
    store::{Change, QueuePosition, SinkId},
};

/// Progress of a batch on its way to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BatchState {
    /// Settlements are added.
    Open,
    /// `Flush` was sent; settlements are still added.
    Flushing,
    /// Closed; its own links may still be undecided.
    Cut,
    /// Sent to the writer.
    Committing,
    /// Committed; kept until the query that was in flight at commit time has returned.
    Committed,
}

/// Change of one URL in a batch.
#[derive(Clone, Debug)]
enum UrlChange {
    /// New, and queued.
    Admitted { position: QueuePosition, entry: Entry },
    /// Queued before, and queued again.
    Requeued { old: QueuePosition, position: QueuePosition, entry: Entry },
    /// Ended; `position` is that of its entry in the store, if there is one.
    Settled { position: Option<QueuePosition>, status: Bytes },
}

/// What one commit will contain.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) number: u64,
    pub(crate) state: BatchState,
    urls: HashMap<UrlKey, UrlChange>,
    /// Queue entries of `urls`, in order.
    order: BTreeMap<(HostKey, QueuePosition), u64>,
    /// Change of the queue length of each host.
    queues: HashMap<HostKey, i64>,
    /// Hosts whose rows are written although their queues may not change.
    touched: BTreeSet<HostKey>,
    /// Links of its pages that the store has not decided.
    pub(crate) undecided: usize,
    pub(crate) settlements: usize,
    /// Approximate size of its entries in bytes.
    pub(crate) bytes: usize,
    /// How far the outputs reach; `None` until every exporter has flushed.
    pub(crate) positions: Option<Vec<(SinkId, Bytes)>>,
    pub(crate) balance: Balance,
    pub(crate) stats: Stats,
}

impl Batch {
    /// An empty batch.
    pub(crate) fn new(number: u64) -> Self {
        Self {
            number,
            state: BatchState::Open,
            urls: HashMap::new(),
            order: BTreeMap::new(),
            queues: HashMap::new(),
            touched: BTreeSet::new(),
            undecided: 0,
            settlements: 0,
            bytes: 0,
            positions: None,
            balance: Balance::default(),
            stats: Stats::default(),
        }
    }

    /// Returns true if its commit would change nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.urls.is_empty() && self.touched.is_empty() && self.settlements == 0 && self.balance == Balance::default()
    }

    /// Adds a new URL.
    pub(crate) fn admit(&mut self, url: UrlKey, position: QueuePosition, entry: Entry) {
        self.bytes += entry.size();
        *self.queues.entry(url.host).or_default() += 1;
        self.enqueue(url, position);
        self.urls.insert(url, UrlChange::Admitted { position, entry });
    }

    /// Moves a URL to another position of its queue.
    pub(crate) fn requeue(&mut self, url: UrlKey, old: QueuePosition, position: QueuePosition, entry: Entry) {
        self.bytes += entry.size();
        let state = match self.urls.remove(&url) {
            Some(UrlChange::Admitted { position: first, .. }) => {
                self.order.remove(&(url.host, first));
                UrlChange::Admitted { position, entry }
            }
            Some(UrlChange::Requeued { old, position: before, .. }) => {
                self.order.remove(&(url.host, before));
                UrlChange::Requeued { old, position, entry }
            }
            Some(UrlChange::Settled { .. }) | None => UrlChange::Requeued { old, position, entry },
        };
        self.enqueue(url, position);
        self.urls.insert(url, state);
    }

    /// Ends a URL; `position` is where it was queued last.
    pub(crate) fn settle(&mut self, url: UrlKey, position: QueuePosition, status: Bytes) {
        *self.queues.entry(url.host).or_default() -= 1;
        self.order.remove(&(url.host, position));
        let stored = match self.urls.remove(&url) {
            Some(UrlChange::Admitted { .. }) => None,
            Some(UrlChange::Requeued { old, .. }) => Some(old),
            Some(UrlChange::Settled { .. }) | None => Some(position),
        };
        self.urls.insert(url, UrlChange::Settled { position: stored, status });
    }

    /// Adds a status that is not a state of a URL: `key` is not a URL's own.
    pub(crate) fn log_refusal(&mut self, key: UrlKey, status: Bytes) {
        self.bytes += status.len() + 64;
        self.urls.insert(key, UrlChange::Settled { position: None, status });
    }

    /// Marks the row of a host to be written.
    pub(crate) fn touch(&mut self, host: HostKey) {
        self.touched.insert(host);
    }

    /// Returns true if its commit writes the host's row.
    pub(crate) fn touches(&self, host: HostKey) -> bool {
        self.queues.contains_key(&host) || self.touched.contains(&host)
    }

    /// Returns true if it changes the URL.
    pub(crate) fn knows(&self, url: &UrlKey) -> bool {
        self.urls.contains_key(url)
    }

    /// Returns true if it makes the store's entry of `url` at `position` outdated.
    pub(crate) fn overrides(&self, url: &UrlKey, position: QueuePosition) -> bool {
        match self.urls.get(url) {
            Some(UrlChange::Admitted { position: current, .. } | UrlChange::Requeued { position: current, .. }) => {
                *current != position
            }
            Some(UrlChange::Settled { .. }) => true,
            None => false,
        }
    }

    /// Returns its queue entries of a host after `after`, in order.
    pub(crate) fn entries(
        &self,
        host: HostKey,
        after: Option<QueuePosition>,
    ) -> impl Iterator<Item = (QueuePosition, UrlKey, &Entry)> {
        let low = match after {
            Some(position) => Bound::Excluded((host, position)),
            None => Bound::Included((host, QueuePosition { rank: 0, seq: 0 })),
        };
        let high = Bound::Included((host, QueuePosition { rank: u8::MAX, seq: u64::MAX }));
        self.order.range((low, high)).filter_map(move |(&(_, position), &url)| {
            let key = UrlKey { host, url };
            match self.urls.get(&key)? {
                UrlChange::Admitted { entry, .. } | UrlChange::Requeued { entry, .. } => Some((position, key, entry)),
                UrlChange::Settled { .. } => None,
            }
        })
    }

    /// Returns the hosts whose rows its commit writes, with the change of their queue's length.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = (HostKey, i64)> {
        let untouched = self.touched.iter().filter(|host| !self.queues.contains_key(*host));
        let queues = self.queues.iter().map(|(&host, &change)| (host, change));
        queues.chain(untouched.map(|&host| (host, 0)))
    }

    /// Returns its changes by partition, without host rows; keys are in order.
    pub(crate) fn changes(&self) -> BTreeMap<Partition, Change> {
        let mut parts: BTreeMap<Partition, Change> = BTreeMap::new();
        for (&url, state) in &self.urls {
            let partition = url.host.partition();
            let part = parts.entry(partition).or_insert_with(|| Change { partition, ..Change::default() });
            match state {
                UrlChange::Admitted { position, entry } => part.admit.push((url, *position, entry.to_bytes())),
                UrlChange::Requeued { old, position, entry } => {
                    part.requeue.push((url, *old, *position, entry.to_bytes()))
                }
                UrlChange::Settled { position, status } => part.settle.push((url, *position, status.clone())),
            }
        }
        for part in parts.values_mut() {
            part.admit.sort_unstable_by_key(|(url, ..)| *url);
            part.requeue.sort_unstable_by_key(|(url, ..)| *url);
            part.settle.sort_unstable_by_key(|(url, ..)| *url);
        }
        parts
    }

    fn enqueue(&mut self, url: UrlKey, position: QueuePosition) {
        self.order.insert((url.host, position), url.url);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Request;

    const URL: UrlKey = UrlKey { host: HostKey(0), url: 9 };

    fn position(seq: u64) -> QueuePosition {
        QueuePosition { rank: 128, seq }
    }

    fn entry() -> Entry {
        Entry::new(9, &Request::get("http://a.example/".parse().unwrap()))
    }

    #[test]
    fn a_url_is_in_a_batch_once() {
        let mut batch = Batch::new(1);
        batch.admit(URL, position(1), entry());
        batch.requeue(URL, position(1), position(2), entry());
        let change = batch.changes().remove(&0).unwrap();
        assert_eq!((change.admit.len(), change.admit[0].1, change.requeue.len()), (1, position(2), 0));
        batch.settle(URL, position(2), Bytes::new());
        let change = batch.changes().remove(&0).unwrap();
        assert_eq!((change.admit.len(), change.settle[0].1), (0, None));
        assert_eq!(batch.entries(URL.host, None).count(), 0);
    }

    #[test]
    fn a_stored_entry_keeps_its_old_position() {
        let mut batch = Batch::new(1);
        batch.requeue(URL, position(1), position(2), entry());
        batch.requeue(URL, position(2), position(3), entry());
        assert_eq!(batch.changes()[&0].requeue[0].1, position(1));
        assert!(batch.overrides(&URL, position(1)) && !batch.overrides(&URL, position(3)));
        batch.settle(URL, position(3), Bytes::new());
        assert_eq!(batch.changes()[&0].settle[0].1, Some(position(1)));
    }
}
