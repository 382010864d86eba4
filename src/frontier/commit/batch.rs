//! A batch: what the next commit will do. Each URL stands in it once, with its last state.

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

/// Where a batch is on its way to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BatchState {
    /// Settlements join it.
    Open,
    /// `Flush` is out; settlements still join it.
    Flushing,
    /// Complete but for the answers to its own questions.
    Cut,
    /// With the writer.
    Committing,
    /// Committed; remembered until the question that was out at that moment is home.
    Committed,
}

/// A URL's state at the end of a batch.
#[derive(Clone, Debug)]
enum UrlChange {
    /// New, in a queue.
    Admitted { place: QueuePosition, entry: Entry },
    /// In a queue before and now.
    Again { old: QueuePosition, place: QueuePosition, entry: Entry },
    /// Ended; `place` is its entry in the store, if it has one there.
    Settled { place: Option<QueuePosition>, outcome: Bytes },
}

/// One commit in the making.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) number: u64,
    pub(crate) progress: BatchState,
    urls: HashMap<UrlKey, UrlChange>,
    /// The queue entries of `urls`, in order.
    order: BTreeMap<(HostKey, QueuePosition), u64>,
    /// How the number of queue entries of each host touched changes.
    queues: HashMap<HostKey, i64>,
    /// Hosts whose row is written though their queue did not change.
    touched: BTreeSet<HostKey>,
    /// Links it raised that the store has not decided.
    pub(crate) questions: usize,
    pub(crate) settlements: usize,
    /// Bytes of its entries, about.
    pub(crate) bytes: usize,
    /// What the exporters answered.
    pub(crate) positions: Option<Vec<(SinkId, Bytes)>>,
    pub(crate) balance: Balance,
    pub(crate) stats: Stats,
}

impl Batch {
    /// An empty one.
    pub(crate) fn new(number: u64) -> Self {
        Self {
            number,
            progress: BatchState::Open,
            urls: HashMap::new(),
            order: BTreeMap::new(),
            queues: HashMap::new(),
            touched: BTreeSet::new(),
            questions: 0,
            settlements: 0,
            bytes: 0,
            positions: None,
            balance: Balance::default(),
            stats: Stats::default(),
        }
    }

    /// Whether a commit of it would say nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.urls.is_empty() && self.touched.is_empty() && self.settlements == 0 && self.balance == Balance::default()
    }

    /// A new URL.
    pub(crate) fn admit(&mut self, url: UrlKey, place: QueuePosition, entry: Entry) {
        self.bytes += entry.size();
        *self.queues.entry(url.host).or_default() += 1;
        self.enqueue(url, place);
        self.urls.insert(url, UrlChange::Admitted { place, entry });
    }

    /// A URL that goes to another place of its queue.
    pub(crate) fn again(&mut self, url: UrlKey, old: QueuePosition, place: QueuePosition, entry: Entry) {
        self.bytes += entry.size();
        let state = match self.urls.remove(&url) {
            Some(UrlChange::Admitted { place: first, .. }) => {
                self.order.remove(&(url.host, first));
                UrlChange::Admitted { place, entry }
            }
            Some(UrlChange::Again { old, place: before, .. }) => {
                self.order.remove(&(url.host, before));
                UrlChange::Again { old, place, entry }
            }
            Some(UrlChange::Settled { .. }) | None => UrlChange::Again { old, place, entry },
        };
        self.enqueue(url, place);
        self.urls.insert(url, state);
    }

    /// A URL that ended; `place` is where it was queued last.
    pub(crate) fn settle(&mut self, url: UrlKey, place: QueuePosition, outcome: Bytes) {
        *self.queues.entry(url.host).or_default() -= 1;
        self.order.remove(&(url.host, place));
        let stored = match self.urls.remove(&url) {
            Some(UrlChange::Admitted { .. }) => None,
            Some(UrlChange::Again { old, .. }) => Some(old),
            Some(UrlChange::Settled { .. }) | None => Some(place),
        };
        self.urls.insert(url, UrlChange::Settled { place: stored, outcome });
    }

    /// Something worth knowing about a URL that is no state of it: `key` is not the URL's own.
    pub(crate) fn note(&mut self, key: UrlKey, note: Bytes) {
        self.bytes += note.len() + 64;
        self.urls.insert(key, UrlChange::Settled { place: None, outcome: note });
    }

    /// A host whose row must be written.
    pub(crate) fn touch(&mut self, host: HostKey) {
        self.touched.insert(host);
    }

    /// Whether its commit writes the host's row.
    pub(crate) fn touches(&self, host: HostKey) -> bool {
        self.queues.contains_key(&host) || self.touched.contains(&host)
    }

    /// Whether the URL is known from here.
    pub(crate) fn knows(&self, url: &UrlKey) -> bool {
        self.urls.contains_key(url)
    }

    /// Whether an entry of `url` at `place` that the store still shows is out of date.
    pub(crate) fn overrides(&self, url: &UrlKey, place: QueuePosition) -> bool {
        match self.urls.get(url) {
            Some(UrlChange::Admitted { place: now, .. } | UrlChange::Again { place: now, .. }) => *now != place,
            Some(UrlChange::Settled { .. }) => true,
            None => false,
        }
    }

    /// Its queue entries of a host behind `after`, in order.
    pub(crate) fn entries(
        &self,
        host: HostKey,
        after: Option<QueuePosition>,
    ) -> impl Iterator<Item = (QueuePosition, UrlKey, &Entry)> {
        let low = match after {
            Some(place) => Bound::Excluded((host, place)),
            None => Bound::Included((host, QueuePosition { rank: 0, seq: 0 })),
        };
        let high = Bound::Included((host, QueuePosition { rank: u8::MAX, seq: u64::MAX }));
        self.order.range((low, high)).filter_map(move |(&(_, place), &url)| {
            let key = UrlKey { host, url };
            match self.urls.get(&key)? {
                UrlChange::Admitted { entry, .. } | UrlChange::Again { entry, .. } => Some((place, key, entry)),
                UrlChange::Settled { .. } => None,
            }
        })
    }

    /// Hosts whose rows the commit writes, with the change of their queue's length.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = (HostKey, i64)> {
        let untouched = self.touched.iter().filter(|host| !self.queues.contains_key(*host));
        let queues = self.queues.iter().map(|(&host, &change)| (host, change));
        queues.chain(untouched.map(|&host| (host, 0)))
    }

    /// What the commit does to each partition, host rows apart; keys in order.
    pub(crate) fn changes(&self) -> BTreeMap<Partition, Change> {
        let mut parts: BTreeMap<Partition, Change> = BTreeMap::new();
        for (&url, state) in &self.urls {
            let partition = url.host.partition();
            let part = parts.entry(partition).or_insert_with(|| Change { partition, ..Change::default() });
            match state {
                UrlChange::Admitted { place, entry } => part.admit.push((url, *place, entry.to_bytes())),
                UrlChange::Again { old, place, entry } => part.requeue.push((url, *old, *place, entry.to_bytes())),
                UrlChange::Settled { place, outcome } => part.settle.push((url, *place, outcome.clone())),
            }
        }
        for part in parts.values_mut() {
            part.admit.sort_unstable_by_key(|(url, ..)| *url);
            part.requeue.sort_unstable_by_key(|(url, ..)| *url);
            part.settle.sort_unstable_by_key(|(url, ..)| *url);
        }
        parts
    }

    fn enqueue(&mut self, url: UrlKey, place: QueuePosition) {
        self.order.insert((url.host, place), url.url);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Request;

    const URL: UrlKey = UrlKey { host: HostKey(0), url: 9 };

    fn place(seq: u64) -> QueuePosition {
        QueuePosition { rank: 128, seq }
    }

    fn entry() -> Entry {
        Entry::new(9, &Request::get("http://a.example/".parse().unwrap()))
    }

    #[test]
    fn a_batch_is_folded() {
        let mut batch = Batch::new(1);
        batch.admit(URL, place(1), entry());
        batch.again(URL, place(1), place(2), entry());
        let change = batch.changes().remove(&0).unwrap();
        assert_eq!((change.admit.len(), change.admit[0].1, change.requeue.len()), (1, place(2), 0));
        batch.settle(URL, place(2), Bytes::new());
        let change = batch.changes().remove(&0).unwrap();
        assert_eq!((change.admit.len(), change.settle[0].1), (0, None));
        assert_eq!(batch.entries(URL.host, None).count(), 0);
    }

    #[test]
    fn what_the_store_has_keeps_its_old_place() {
        let mut batch = Batch::new(1);
        batch.again(URL, place(1), place(2), entry());
        batch.again(URL, place(2), place(3), entry());
        assert_eq!(batch.changes()[&0].requeue[0].1, place(1));
        assert!(batch.overrides(&URL, place(1)) && !batch.overrides(&URL, place(3)));
        batch.settle(URL, place(3), Bytes::new());
        assert_eq!(batch.changes()[&0].settle[0].1, Some(place(1)));
    }
}
