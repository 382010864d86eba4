//! What lies between the Sink and one exporter's thread: a queue bounded in bytes. The Sink never waits at it; the thread
//! waits for jobs, and its pauses end at once when the Sink lets go.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix::{Message, WeakRecipient};
use bytes::Bytes;

use crate::{base::locks::lock, record::Record, store::SinkId};

/// Bytes of records in one exporter's queue, at most (4 MiB); an empty queue takes any page.
pub(super) const ROOM: usize = 4 << 20;

/// To the Sink: a queue that had no room for a page is half empty.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct SpaceFreed;

/// To the Sink: an exporter has flushed everything before a mark.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct BarrierReached {
    /// The exporter.
    pub(super) exporter: SinkId,
    /// The batch that the mark ends.
    pub(super) number: u64,
    /// How far the output reaches.
    pub(super) position: Bytes,
}

/// What an exporter's thread has to do next.
#[derive(Debug)]
pub(super) enum Job {
    /// Write the records of a page.
    Page {
        /// The records.
        records: Arc<[Record]>,
        /// What they count in the queue; given back by [`Inbox::written`].
        bytes: usize,
    },
    /// Flush, and say so. The address is weak: what waits in a queue keeps no Sink alive.
    Barrier {
        /// The batch.
        number: u64,
        /// Told when done.
        reached: WeakRecipient<BarrierReached>,
    },
}

/// A queue's two ends: the Sink's, and the thread's.
pub(super) fn queue() -> (RecordQueue, Inbox) {
    let shared = Arc::new(QueueShared::default());
    (RecordQueue(shared.clone()), Inbox(shared))
}

#[derive(Debug, Default)]
struct QueueShared {
    state: Mutex<QueueState>,
    /// A job has come, or the queue is closed.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    /// Pages of at most [`ROOM`] bytes or a single larger one, and marks: one per batch under way.
    jobs: VecDeque<Job>,
    /// Bytes of the pages in `jobs` and of the one being written.
    bytes: usize,
    /// The Sink, while a page waits for room.
    waiting: Option<WeakRecipient<SpaceFreed>>,
    closed: bool,
}

impl QueueShared {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        // Nothing panics while it holds the lock, and every state in between is a valid one.
        lock(&self.state)
    }
}

/// The Sink's end. Dropping it closes the queue: what is still in it is dropped unwritten.
#[derive(Debug)]
pub(super) struct RecordQueue(Arc<QueueShared>);

impl RecordQueue {
    /// Whether a page of so many bytes may be put in now. If not, the Sink is told when there is room again. Room that
    /// was found stays until the Sink uses it: nobody else puts pages in.
    pub(super) fn has_room(&self, bytes: usize, sink: &WeakRecipient<SpaceFreed>) -> bool {
        let mut state = self.0.lock();
        if state.bytes == 0 || state.bytes.saturating_add(bytes) <= ROOM {
            return true;
        }
        state.waiting = Some(sink.clone());
        false
    }

    /// Puts the records of a page in.
    pub(super) fn put_page(&self, records: Arc<[Record]>, bytes: usize) {
        self.0.lock().bytes += bytes;
        self.put(Job::Page { records, bytes });
    }

    /// Puts a mark in; it needs no room.
    pub(super) fn put_mark(&self, number: u64, reached: WeakRecipient<BarrierReached>) {
        self.put(Job::Barrier { number, reached });
    }

    fn put(&self, job: Job) {
        self.0.lock().jobs.push_back(job);
        self.0.changed.notify_one();
    }
}

impl Drop for RecordQueue {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        let unwritten = std::mem::take(&mut state.jobs);
        drop(state);
        self.0.changed.notify_one();
        drop(unwritten);
    }
}

/// The end of the exporter's thread.
#[derive(Debug)]
pub(super) struct Inbox(Arc<QueueShared>);

/// The Sink has let go: the thread ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed;

impl Inbox {
    /// Waits for the next job.
    pub(super) fn take(&self) -> Result<Job, Closed> {
        let mut state = self.0.lock();
        loop {
            if state.closed {
                return Err(Closed);
            }
            if let Some(job) = state.jobs.pop_front() {
                return Ok(job);
            }
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives the bytes of a page back once it is written.
    pub(super) fn written(&self, bytes: usize) {
        let mut state = self.0.lock();
        state.bytes = state.bytes.saturating_sub(bytes);
        // At half, so that a full queue costs the Sink a message for many pages, not for each.
        if state.bytes > ROOM / 2 {
            return;
        }
        let waiting = state.waiting.take().and_then(|sink| sink.upgrade());
        drop(state);
        if let Some(sink) = waiting {
            sink.do_send(SpaceFreed);
        }
    }

    /// Lets `time` pass, unless the queue is closed before.
    pub(super) fn pause(&self, time: Duration) -> Result<(), Closed> {
        let state = self.0.lock();
        let (state, _) = self
            .0
            .changed
            .wait_timeout_while(state, time, |state| !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed { Err(Closed) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_ends_a_pause_and_drops_what_is_queued() {
        let (queue, inbox) = queue();
        queue.put_page(Arc::new([]), 1);
        queue.put_page(Arc::new([]), 1);
        assert!(matches!(inbox.take(), Ok(Job::Page { .. })));
        let pausing = std::thread::spawn(move || (inbox.pause(Duration::from_secs(600)), inbox.take().map(drop)));
        drop(queue);
        assert_eq!(pausing.join().unwrap(), (Err(Closed), Err(Closed)));
    }
}
