//! A host's queue in memory: its first entries, and how far the store's queue has been read.

use std::collections::VecDeque;

use crate::{
    base::time::Mono,
    frontier::{commit::entry::Entry, invariant::Invariant},
    store::QueuePosition,
};

/// Heads of a queue kept in memory, at most.
pub(crate) const HEADS: usize = 16;

/// The same when there are many hosts.
pub(crate) const FEW_HEADS: usize = 4;

/// An entry in memory, ready to be lent.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) place: QueuePosition,
    pub(crate) entry: Entry,
    /// When it may be asked, on the monotonic clock.
    pub(crate) not_before: Mono,
}

/// The queue of one host.
#[derive(Debug)]
pub(crate) struct HostQueue {
    /// Sorted by place, at most `room`.
    heads: VecDeque<Queued>,
    /// [`HEADS`] or [`FEW_HEADS`].
    pub(crate) room: usize,
    /// Everything queued up to here is a head or leased.
    read: Option<QueuePosition>,
    /// Entries queued behind `read`.
    beyond: u64,
    /// Places of the page leases out: bounded by the host's concurrency.
    out: Vec<QueuePosition>,
    /// Per rank in use, in order, a place from which on its entries not yet settled stand: of the last cut, so that
    /// whatever has left the queue before is committed with it.
    floors: Vec<QueuePosition>,
    /// Whether a question for more heads is out or due.
    pub(crate) hungry: bool,
}

impl Default for HostQueue {
    fn default() -> Self {
        Self {
            heads: VecDeque::new(),
            room: HEADS,
            read: None,
            beyond: 0,
            out: Vec::new(),
            floors: Vec::new(),
            hungry: false,
        }
    }
}

impl HostQueue {
    /// A queue with so many entries in the store, none of them read yet.
    pub(crate) fn unread(length: u64, floors: Vec<QueuePosition>) -> Self {
        Self { beyond: length, floors, ..Self::default() }
    }

    /// Entries, not counting what is leased.
    pub(crate) fn len(&self) -> u64 {
        self.heads.len() as u64 + self.beyond
    }

    /// Heads in memory.
    #[cfg(test)]
    pub(crate) fn heads(&self) -> usize {
        self.heads.len()
    }

    /// Where its queue has been read to.
    pub(crate) fn read_position(&self) -> Option<QueuePosition> {
        self.read
    }

    /// Where each of its ranks begins in the store.
    pub(crate) fn floors(&self) -> &[QueuePosition] {
        &self.floors
    }

    /// Raises the floors: everything settled until now is committed at the same time as they are.
    pub(crate) fn raise_floors(&mut self) {
        let Self { heads, out, floors, read, beyond, .. } = self;
        floors.retain_mut(|floor| {
            let here = heads.iter().map(|head| &head.place).chain(&*out);
            let lowest = here.filter(|place| place.rank == floor.rank).map(|place| place.seq).min();
            // Of a rank that is read to its end, everything left is a head or leased.
            let is_read = *beyond == 0 || read.is_some_and(|read| read.rank > floor.rank);
            let rest = read.filter(|read| read.rank == floor.rank && !is_read).map(|read| read.seq + 1);
            match lowest.or(rest) {
                Some(seq) if is_read || rest.is_some() => floor.seq = seq,
                Some(_) => {}
                None => return !is_read,
            }
            true
        });
    }

    /// Lowers the floor of a rank to `place`, or lays it there if the rank has none.
    fn lower_floor(&mut self, place: QueuePosition) {
        match self.floors.binary_search_by_key(&place.rank, |floor| floor.rank) {
            Ok(index) => {
                self.floors.iter_mut().skip(index).take(1).for_each(|floor| floor.seq = floor.seq.min(place.seq))
            }
            Err(index) => self.floors.insert(index, place),
        }
    }

    /// A page lease for the entry at this place is out.
    pub(crate) fn lent(&mut self, place: QueuePosition) {
        self.out.push(place);
    }

    /// It came home.
    pub(crate) fn came_home(&mut self, place: QueuePosition) {
        self.out.retain(|out| *out != place);
    }

    /// Whether more heads should be read.
    pub(crate) fn wants_more(&self) -> bool {
        self.beyond > 0 && self.heads.len() < self.room / 2
    }

    /// Takes in an entry admitted or given back. What lies before the read position becomes a head; if that is one too
    /// many, the last head falls out and the position steps back.
    pub(crate) fn put(&mut self, queued: Queued) {
        self.lower_floor(queued.place);
        let everything_is_here = self.beyond == 0 && self.heads.len() < self.room;
        if self.read.is_none_or(|read| queued.place > read) && !everything_is_here {
            self.beyond += 1;
            return;
        }
        if self.heads.len() < self.room {
            self.read = self.read.max(Some(queued.place));
            return self.insert(queued);
        }
        self.beyond += 1;
        if Invariant::Heads.is_kept() {
            self.replace_last(queued);
        }
    }

    /// One of the heads and this entry is one too many: the last of them falls out. Before the other comes in, so that the
    /// heads never take more room than they need.
    fn replace_last(&mut self, queued: Queued) {
        if self.heads.back().is_some_and(|last| queued.place < last.place) {
            self.heads.pop_back();
            self.insert(queued);
        }
        self.read = self.heads.back().map(|last| last.place);
    }

    /// Takes heads that were read behind the position, in order, as far as there is room, and moves the position. `end`
    /// is where the reading stopped for want of room in the answer: everything up to there has been offered.
    pub(crate) fn refill(&mut self, found: impl IntoIterator<Item = Queued>, end: Option<QueuePosition>) {
        self.hungry = false;
        for queued in found {
            if self.heads.len() >= self.room {
                return;
            }
            self.read = self.read.max(Some(queued.place));
            self.beyond = self.beyond.saturating_sub(1);
            self.insert(queued);
        }
        // Full: whatever comes next may have been left out of `found`.
        if self.heads.len() < self.room {
            self.read = self.read.max(end);
        }
    }

    /// Takes the first head whose time has come.
    pub(crate) fn take(&mut self, now: Mono) -> Option<Queued> {
        let index = self.heads.iter().position(|head| head.not_before <= now)?;
        self.heads.remove(index)
    }

    /// Its first head.
    pub(crate) fn first(&self) -> Option<&Queued> {
        self.heads.front()
    }

    /// When its first head may be asked; none without heads.
    pub(crate) fn first_due(&self) -> Option<Mono> {
        self.heads.iter().map(|head| head.not_before).min()
    }

    fn insert(&mut self, queued: Queued) {
        let at = self.heads.partition_point(|head| head.place < queued.place);
        self.heads.insert(at, queued);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Request;

    fn queued(rank: u8, seq: u64) -> Queued {
        let request = Request::get("http://a.example/".parse().unwrap());
        let entry = Entry::new(u64::from(rank) * 1000 + seq, &request);
        Queued { place: QueuePosition { rank, seq }, entry, not_before: Mono(0) }
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
        assert_eq!(queue.take(Mono(0)).unwrap().place, QueuePosition { rank: 0, seq: 40 });
        queue.refill((15..40).map(|seq| queued(128, seq)), None);
        assert_eq!(
            (queue.heads.len(), queue.beyond, queue.read),
            (HEADS, 24, Some(QueuePosition { rank: 128, seq: 15 }))
        );
    }

    #[test]
    fn a_full_host_has_read_no_further_than_its_last_head() {
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
    fn an_entry_whose_time_has_not_come_is_passed_over() {
        let mut queue = HostQueue::default();
        queue.put(Queued { not_before: Mono(10), ..queued(128, 0) });
        queue.put(queued(128, 1));
        assert_eq!(queue.take(Mono(5)).unwrap().place.seq, 1);
        assert_eq!((queue.take(Mono(5)).is_none(), queue.first_due()), (true, Some(Mono(10))));
    }

    #[test]
    fn a_floor_is_below_all_that_is_not_settled() {
        let at = |rank, seq| QueuePosition { rank, seq };
        let mut queue = HostQueue::default();
        (0..40).for_each(|seq| queue.put(queued(128, seq)));
        (40..42).for_each(|seq| queue.put(queued(129, seq)));
        assert_eq!(queue.floors(), [at(128, 0), at(129, 40)]);
        let first = queue.take(Mono(0)).unwrap().place;
        queue.lent(first);
        (0..4).for_each(|_| drop(queue.take(Mono(0))));
        queue.raise_floors();
        assert_eq!(queue.floors(), [at(128, 0), at(129, 40)], "the first is leased");
        queue.came_home(first);
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
        assert_eq!(queue.floors(), [at(129, 41)], "rank 128 is used up");
    }
}
