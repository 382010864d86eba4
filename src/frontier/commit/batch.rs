//! A batch: what one commit will contain. Each URL is in it once, with its last state.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use bytes::Bytes;
use hashbrown::HashMap;

use super::{
    entry::Entry,
    url_change::{Origin, Target, UrlChange},
};
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
    /// Rows of side tables that the frontier itself keeps, each with its last value.
    pub(crate) side_rows: BTreeMap<Bytes, Option<Bytes>>,
    /// Change of the number of URLs set aside.
    pub(crate) aside_change: i64,
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
            side_rows: BTreeMap::new(),
            aside_change: 0,
        }
    }

    /// Returns true if its commit would change nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.urls.is_empty()
            && self.side_rows.is_empty()
            && self.touched.is_empty()
            && self.settlements == 0
            && self.balance == Balance::default()
    }

    /// Adds a new URL; `row` is what the seen-set has about it.
    pub(crate) fn admit(&mut self, url: UrlKey, position: QueuePosition, entry: Entry, row: Bytes) {
        self.enqueue(url, Origin::None, position, entry, Some(row));
    }

    /// Queues a URL that was set aside.
    pub(crate) fn restore(&mut self, url: UrlKey, position: QueuePosition, entry: Entry, row: Bytes) {
        let origin = self.urls.get(&url).map_or(Origin::Aside, |change| change.origin);
        self.enqueue(url, origin, position, entry, Some(row));
    }

    /// Moves a URL to another position of its queue.
    pub(crate) fn requeue(&mut self, url: UrlKey, old: QueuePosition, position: QueuePosition, entry: Entry) {
        let (origin, row) = match self.urls.remove(&url) {
            Some(UrlChange { origin, target: Target::Queued { position: before, row, .. } }) => {
                self.order.remove(&(url.host, before));
                (origin, row)
            }
            Some(UrlChange { target: Target::Noted { row }, .. }) => (Origin::Queue(old), Some(row)),
            Some(_) | None => (Origin::Queue(old), None),
        };
        *self.queues.entry(url.host).or_default() -= 1;
        self.enqueue(url, origin, position, entry, row);
    }

    /// Ends a URL; `position` is where it was queued last.
    pub(crate) fn settle(&mut self, url: UrlKey, position: QueuePosition, row: Bytes) {
        let origin = self.dequeue(url, position);
        self.urls.insert(url, UrlChange { origin, target: Target::Ended { row } });
    }

    /// Sets a queued URL aside; `position` is where it was queued last.
    pub(crate) fn set_aside(&mut self, url: UrlKey, position: QueuePosition, entry: Entry, row: Bytes) {
        self.bytes += entry.size();
        let origin = self.dequeue(url, position);
        self.urls.insert(url, UrlChange { origin, target: Target::Aside { entry, row } });
    }

    /// Changes the row of a URL in the seen-set, and nothing else; also that of a key which is not a URL's own.
    pub(crate) fn note(&mut self, url: UrlKey, new: Bytes) {
        self.bytes += new.len() + 64;
        match self.urls.get_mut(&url).map(|change| &mut change.target) {
            Some(Target::Queued { row, .. }) => *row = Some(new),
            Some(Target::Aside { row, .. } | Target::Ended { row } | Target::Noted { row }) => *row = new,
            None => {
                let change = UrlChange { origin: Origin::None, target: Target::Noted { row: new } };
                self.urls.insert(url, change);
            }
        }
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

    /// Returns what it puts into the seen-set for a URL; `None` if it changes nothing there.
    pub(crate) fn row(&self, url: &UrlKey) -> Option<&Bytes> {
        match &self.urls.get(url)?.target {
            Target::Queued { row, .. } => row.as_ref(),
            Target::Aside { row, .. } | Target::Ended { row } | Target::Noted { row } => Some(row),
        }
    }

    /// Returns true if it makes the store's entry of `url` at `position` outdated.
    pub(crate) fn overrides(&self, url: &UrlKey, position: QueuePosition) -> bool {
        match self.urls.get(url).map(|change| &change.target) {
            Some(Target::Queued { position: current, .. }) => *current != position,
            Some(Target::Aside { .. } | Target::Ended { .. }) => true,
            Some(Target::Noted { .. }) | None => false,
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
            match &self.urls.get(&key)?.target {
                Target::Queued { entry, .. } => Some((position, key, entry)),
                Target::Aside { .. } | Target::Ended { .. } | Target::Noted { .. } => None,
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
        for (&url, change) in &self.urls {
            let partition = url.host.partition();
            let part = parts.entry(partition).or_insert_with(|| Change { partition, ..Change::default() });
            change.add_to(part, url);
        }
        for part in parts.values_mut() {
            part.admit.sort_unstable_by_key(|(url, ..)| *url);
            part.requeue.sort_unstable_by_key(|(url, ..)| *url);
            part.settle.sort_unstable_by_key(|(url, ..)| *url);
            part.set_aside.sort_unstable_by_key(|(url, ..)| *url);
            part.restored.sort_unstable();
            part.notes.sort_unstable_by_key(|(url, _)| *url);
        }
        parts
    }

    fn enqueue(&mut self, url: UrlKey, origin: Origin, position: QueuePosition, entry: Entry, row: Option<Bytes>) {
        self.bytes += entry.size();
        *self.queues.entry(url.host).or_default() += 1;
        self.order.insert((url.host, position), url.url);
        self.urls.insert(url, UrlChange { origin, target: Target::Queued { position, entry, row } });
    }

    /// Takes a URL out of its queue. Returns where the store has its entry.
    fn dequeue(&mut self, url: UrlKey, position: QueuePosition) -> Origin {
        *self.queues.entry(url.host).or_default() -= 1;
        self.order.remove(&(url.host, position));
        match self.urls.remove(&url) {
            Some(UrlChange { origin, target: Target::Queued { .. } }) => origin,
            Some(_) | None => Origin::Queue(position),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{frontier::commit::entry::VisitPurpose, http::request::Request};

    const URL: UrlKey = UrlKey { host: HostKey(0), url: 9 };

    fn position(seq: u64) -> QueuePosition {
        QueuePosition { rank: 128, seq }
    }

    fn entry() -> Entry {
        Entry::new(9, &Request::get("http://a.example/".parse().unwrap()), 0, VisitPurpose::Page)
    }

    fn change(batch: &Batch) -> Change {
        batch.changes().remove(&0).unwrap()
    }

    fn length(batch: &Batch) -> i64 {
        batch.hosts().map(|(_, change)| change).sum()
    }

    #[test]
    fn a_url_is_in_a_batch_once() {
        let mut batch = Batch::new(1);
        batch.admit(URL, position(1), entry(), Bytes::new());
        batch.requeue(URL, position(1), position(2), entry());
        let queued = change(&batch);
        assert_eq!((queued.admit.len(), queued.admit[0].1, queued.requeue.len()), (1, position(2), 0));
        assert_eq!(length(&batch), 1);
        batch.settle(URL, position(2), Bytes::new());
        let ended = change(&batch);
        assert_eq!((ended.admit.len(), ended.settle[0].1), (0, None));
        assert_eq!((batch.entries(URL.host, None).count(), length(&batch)), (0, 0));
    }

    #[test]
    fn a_stored_entry_keeps_its_old_position() {
        let mut batch = Batch::new(1);
        batch.requeue(URL, position(1), position(2), entry());
        batch.requeue(URL, position(2), position(3), entry());
        assert_eq!((change(&batch).requeue[0].1, length(&batch)), (position(1), 0));
        assert!(batch.overrides(&URL, position(1)) && !batch.overrides(&URL, position(3)));
        batch.settle(URL, position(3), Bytes::new());
        assert_eq!(change(&batch).settle[0].1, Some(position(1)));
    }

    #[test]
    fn a_url_is_set_aside_and_restored() {
        let row = Bytes::from_static(b"row");
        let mut batch = Batch::new(1);
        batch.requeue(URL, position(1), position(2), entry());
        batch.set_aside(URL, position(2), entry(), row.clone());
        let aside = change(&batch);
        assert_eq!((aside.set_aside[0].1, &aside.set_aside[0].3, length(&batch)), (Some(position(1)), &row, -1));
        batch.restore(URL, position(3), entry(), row.clone());
        let restored = change(&batch);
        assert_eq!((restored.requeue[0].1, restored.restored.len(), length(&batch)), (position(1), 0, 0));

        let mut later = Batch::new(2);
        later.restore(URL, position(4), entry(), row.clone());
        let restored = change(&later);
        assert_eq!((restored.admit[0].1, &*restored.restored, length(&later)), (position(4), &[URL][..], 1));
        later.settle(URL, position(4), row);
        let ended = change(&later);
        assert_eq!((ended.settle[0].1, &*ended.restored, length(&later)), (None, &[URL][..], 0));
    }

    #[test]
    fn a_noted_row_is_the_last_one() {
        let [first, second] = [&b"1"[..], b"2"].map(Bytes::from_static);
        let mut batch = Batch::new(1);
        batch.note(URL, first.clone());
        assert_eq!((change(&batch).notes, length(&batch)), (vec![(URL, first)], 0));
        assert!(!batch.overrides(&URL, position(1)));
        batch.requeue(URL, position(1), position(2), entry());
        batch.note(URL, second.clone());
        let requeued = change(&batch);
        assert_eq!((requeued.requeue.len(), requeued.notes), (1, vec![(URL, second.clone())]));
        assert_eq!(batch.row(&URL), Some(&second));
    }
}
