//! A host's queue in memory: its first entries, and how far the store's queue has been read.

use std::collections::VecDeque;

use crate::{
    base::time::{Mono, Now, Wall},
    frontier::{commit::entry::Entry, invariant::Invariant},
    store::QueuePosition,
};

/// Maximum number of entries of one queue in memory.
pub(crate) const HEADS: usize = 16;

/// The same maximum if there are many hosts.
pub(crate) const FEW_HEADS: usize = 4;

/// A queue entry in memory.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) position: QueuePosition,
    pub(crate) entry: Entry,
    /// The URL must not be leased before this time.
    pub(crate) not_before: Mono,
}

impl Queued {
    /// An entry with the backoff that is stored in it.
    pub(crate) fn new(position: QueuePosition, entry: Entry, now: Now) -> Self {
        let not_before = if entry.head.not_before == Wall(0) { Mono(0) } else { now.mono_at(entry.head.not_before) };
        Self { position, entry, not_before }
    }
}

/// The queue of one host.
#[derive(Debug)]
pub(crate) struct HostQueue {
    /// In order; at most `room`.
    heads: VecDeque<Queued>,
    /// [`HEADS`] or [`FEW_HEADS`].
    pub(crate) room: usize,
    /// The read position: everything queued up to here is a head or leased.
    read: Option<QueuePosition>,
    /// Number of entries after `read`.
    beyond: u64,
    /// Positions of the page leases that are out: bounded by the host's concurrency.
    leased: Vec<QueuePosition>,
    /// Per rank in use, in order, a position before which all entries are settled. From the last cut: whatever left the
    /// queue until then is committed together with this.
    floors: Vec<QueuePosition>,
    /// Whether a refill is requested or on its way.
    pub(crate) needs_heads: bool,
}

impl Default for HostQueue {
    fn default() -> Self {
        Self {
            heads: VecDeque::new(),
            room: HEADS,
            read: None,
            beyond: 0,
            leased: Vec::new(),
            floors: Vec::new(),
            needs_heads: false,
        }
    }
}

impl HostQueue {
    /// A queue with `length` entries in the store, none of them read.
    pub(crate) fn unread(length: u64, floors: Vec<QueuePosition>) -> Self {
        Self { beyond: length, floors, ..Self::default() }
    }

    /// Returns the number of entries, without leased ones.
    pub(crate) fn len(&self) -> u64 {
        self.heads.len() as u64 + self.beyond
    }

    /// Returns the number of entries in memory.
    #[cfg(test)]
    pub(crate) fn heads(&self) -> usize {
        self.heads.len()
    }

    /// Returns how far the store's queue has been read.
    pub(crate) fn read_position(&self) -> Option<QueuePosition> {
        self.read
    }

    /// Returns where each rank begins in the store.
    pub(crate) fn floors(&self) -> &[QueuePosition] {
        &self.floors
    }

    /// Raises the floors to what is left in the queue. Called at a cut: everything settled until now is committed
    /// together with the floors.
    pub(crate) fn raise_floors(&mut self) {
        let Self { heads, leased, floors, read, beyond, .. } = self;
        floors.retain_mut(|floor| {
            let in_memory = heads.iter().map(|head| &head.position).chain(&*leased);
            let lowest = in_memory.filter(|position| position.rank == floor.rank).map(|position| position.seq).min();
            // In a rank that is read to its end, everything left is a head or leased.
            let is_read = *beyond == 0 || read.is_some_and(|read| read.rank > floor.rank);
            let unread = read.filter(|read| read.rank == floor.rank && !is_read).map(|read| read.seq + 1);
            match lowest.or(unread) {
                Some(seq) if is_read || unread.is_some() => floor.seq = seq,
                Some(_) => {}
                None => return !is_read,
            }
            true
        });
    }

    /// Lowers the floor of a rank to `position`; adds a floor if the rank has none.
    fn lower_floor(&mut self, position: QueuePosition) {
        match self.floors.binary_search_by_key(&position.rank, |floor| floor.rank) {
            Ok(index) => {
                self.floors.iter_mut().skip(index).take(1).for_each(|floor| floor.seq = floor.seq.min(position.seq))
            }
            Err(index) => self.floors.insert(index, position),
        }
    }

    /// Notes a page lease for the entry at `position`.
    pub(crate) fn lease(&mut self, position: QueuePosition) {
        self.leased.push(position);
    }

    /// Notes that this lease is settled.
    pub(crate) fn settle(&mut self, position: QueuePosition) {
        self.leased.retain(|leased| *leased != position);
    }

    /// Returns true if more heads should be read.
    pub(crate) fn wants_more(&self) -> bool {
        self.beyond > 0 && self.heads.len() < self.room / 2
    }

    /// Adds an entry that is new or was given back. Before the read position it becomes a head; if that is one too many,
    /// the last head is dropped and the read position moves back.
    pub(crate) fn put(&mut self, queued: Queued) {
        self.lower_floor(queued.position);
        let everything_is_in_memory = self.beyond == 0 && self.heads.len() < self.room;
        if self.read.is_none_or(|read| queued.position > read) && !everything_is_in_memory {
            self.beyond += 1;
            return;
        }
        if self.heads.len() < self.room {
            self.read = self.read.max(Some(queued.position));
            return self.insert(queued);
        }
        self.beyond += 1;
        if Invariant::Heads.is_kept() {
            self.replace_last(queued);
        }
    }

    /// Drops the last of the heads and this entry. The old head goes before the entry is inserted, so that the heads
    /// never need more memory.
    fn replace_last(&mut self, queued: Queued) {
        if self.heads.back().is_some_and(|last| queued.position < last.position) {
            self.heads.pop_back();
            self.insert(queued);
        }
        self.read = self.heads.back().map(|last| last.position);
    }

    /// Adds heads read after the read position, in order, while there is room, and moves the position. `end` is the last
    /// position read if there may be more in the store: `found` has everything up to there.
    pub(crate) fn refill(&mut self, found: impl IntoIterator<Item = Queued>, end: Option<QueuePosition>) {
        self.needs_heads = false;
        for queued in found {
            if self.heads.len() >= self.room {
                return;
            }
            self.read = self.read.max(Some(queued.position));
            self.beyond = self.beyond.saturating_sub(1);
            self.insert(queued);
        }
        // If the heads are full, `found` may lack the entries after them.
        if self.heads.len() < self.room {
            self.read = self.read.max(end);
        }
    }

    /// Removes the first head that may be leased.
    pub(crate) fn take(&mut self, now: Mono) -> Option<Queued> {
        let index = self.heads.iter().position(|head| head.not_before <= now)?;
        self.heads.remove(index)
    }

    /// Removes the first head.
    pub(crate) fn remove_first(&mut self) {
        self.heads.pop_front();
    }

    /// Returns the entries in memory.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Queued> {
        self.heads.iter()
    }

    /// Returns the first head.
    pub(crate) fn first(&self) -> Option<&Queued> {
        self.heads.front()
    }

    /// Returns the time from which one of the heads may be leased.
    pub(crate) fn first_due(&self) -> Option<Mono> {
        self.heads.iter().map(|head| head.not_before).min()
    }

    fn insert(&mut self, queued: Queued) {
        let at = self.heads.partition_point(|head| head.position < queued.position);
        self.heads.insert(at, queued);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{frontier::commit::entry::VisitPurpose, http::request::Request};

    fn queued(rank: u8, seq: u64) -> Queued {
        let request = Request::get("http://a.example/".parse().unwrap());
        let entry = Entry::new(u64::from(rank) * 1000 + seq, &request, 0, VisitPurpose::Page);
        Queued { position: QueuePosition { rank, seq }, entry, not_before: Mono(0) }
    }

    #[test]
    fn heads_are_the_first_entries() {
        let mut queue = HostQueue::default();
        (0..40).for_each(|seq| queue.put(queued(128, seq)));
        assert_eq!(
            (queue.heads.len(), queue.beyond, queue.read),
            (HEADS, 24, Some(QueuePosition { rank: 128, seq: 15 }))
        );
        queue.put(queued(0, 40));
        assert_eq!(
            (queue.heads.len(), queue.beyond, queue.read),
            (HEADS, 25, Some(QueuePosition { rank: 128, seq: 14 }))
        );
        assert_eq!(queue.take(Mono(0)).unwrap().position, QueuePosition { rank: 0, seq: 40 });
        queue.refill((15..40).map(|seq| queued(128, seq)), None);
        assert_eq!(
            (queue.heads.len(), queue.beyond, queue.read),
            (HEADS, 24, Some(QueuePosition { rank: 128, seq: 15 }))
        );
    }

    #[test]
    fn a_full_queue_is_read_no_further_than_its_last_head() {
        let mut queue = HostQueue::default();
        (0..40).for_each(|seq| queue.put(queued(128, seq)));
        std::iter::from_fn(|| queue.take(Mono(0))).for_each(drop);
        queue.refill((16..32).map(|seq| queued(128, seq)), Some(QueuePosition { rank: 128, seq: 39 }));
        assert_eq!((queue.beyond, queue.read), (8, Some(QueuePosition { rank: 128, seq: 31 })));
        std::iter::from_fn(|| queue.take(Mono(0))).for_each(drop);
        queue.refill((32..39).map(|seq| queued(128, seq)), Some(QueuePosition { rank: 128, seq: 39 }));
        assert_eq!((queue.beyond, queue.read), (1, Some(QueuePosition { rank: 128, seq: 39 })));
    }

    #[test]
    fn an_entry_in_backoff_is_skipped() {
        let mut queue = HostQueue::default();
        queue.put(Queued { not_before: Mono(10), ..queued(128, 0) });
        queue.put(queued(128, 1));
        assert_eq!(queue.take(Mono(5)).unwrap().position.seq, 1);
        assert_eq!((queue.take(Mono(5)).is_none(), queue.first_due()), (true, Some(Mono(10))));
    }

    #[test]
    fn floors_are_before_all_unsettled_entries() {
        let at = |rank, seq| QueuePosition { rank, seq };
        let mut queue = HostQueue::default();
        (0..40).for_each(|seq| queue.put(queued(128, seq)));
        (40..42).for_each(|seq| queue.put(queued(129, seq)));
        assert_eq!(queue.floors(), [at(128, 0), at(129, 40)]);
        let first = queue.take(Mono(0)).unwrap().position;
        queue.lease(first);
        (0..4).for_each(|_| drop(queue.take(Mono(0))));
        queue.raise_floors();
        assert_eq!(queue.floors(), [at(128, 0), at(129, 40)], "the first is leased");
        queue.settle(first);
        queue.raise_floors();
        assert_eq!(queue.floors(), [at(128, 5), at(129, 40)]);
        while queue.take(Mono(0)).is_some() {}
        queue.raise_floors();
        assert_eq!(queue.floors(), [at(128, 16), at(129, 40)], "read up to 15");
        queue.refill((16..40).map(|seq| queued(128, seq)), None);
        while queue.take(Mono(0)).is_some() {}
        queue.refill((32..40).map(|seq| queued(128, seq)).chain([queued(129, 40)]), None);
        while queue.take(Mono(0)).is_some() {}
        queue.raise_floors();
        assert_eq!(queue.floors(), [at(129, 41)], "nothing is left in rank 128");
    }
}
