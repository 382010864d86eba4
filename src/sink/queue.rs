//! Queue between the Sink and one exporter's thread, bounded in bytes.
//!
//! The Sink never blocks on it. The thread waits for jobs, and pauses between attempts; both end at once when the Sink
//! drops its end.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix::{Message, WeakRecipient};
use bytes::Bytes;

use crate::{base::locks::lock, record::Record, store::SinkId};

/// Maximum number of bytes in one exporter's queue; an empty queue takes any page.
pub(super) const CAPACITY: usize = 4 << 20;

/// To the Sink: a queue that had no space for a page is half empty now.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct SpaceFreed;

/// To the Sink: an exporter has flushed everything before a barrier.
#[derive(Clone, Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct BarrierReached {
    pub(super) exporter: SinkId,
    /// Number of the batch that the barrier ends.
    pub(super) number: u64,
    /// Position of the output.
    pub(super) position: Bytes,
}

/// Next task of an exporter's thread.
#[derive(Debug)]
pub(super) enum Job {
    /// Write the records of a page.
    Page {
        records: Arc<[Record]>,
        /// Size of the records, freed by [`Inbox::written`].
        bytes: usize,
    },
    /// Flush and notify the Sink.
    Barrier {
        /// Number of the batch.
        number: u64,
        /// Number of records delivered before it.
        delivered: u64,
        /// Notified after the flush. Weak, so that a queue does not keep its Sink alive.
        reached: WeakRecipient<BarrierReached>,
    },
}

/// Returns the two ends of a new queue: the Sink's and the thread's.
pub(super) fn queue() -> (RecordQueue, Inbox) {
    let shared = Arc::new(QueueShared::default());
    (RecordQueue(shared.clone()), Inbox(shared))
}

#[derive(Debug, Default)]
struct QueueShared {
    state: Mutex<QueueState>,
    /// Notified of a job, and when the queue is closed.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    /// Pages of at most [`CAPACITY`] bytes or a single larger one, and one barrier per batch that is being flushed.
    jobs: VecDeque<Job>,
    /// Bytes of the pages in `jobs`, and of the one that is being written.
    bytes: usize,
    /// The Sink, while a page waits for space.
    waiting: Option<WeakRecipient<SpaceFreed>>,
    closed: bool,
}

impl QueueShared {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        // No code panics while it holds the lock, and every intermediate state is valid.
        lock(&self.state)
    }
}

/// The Sink's end. Dropping it closes the queue and drops its jobs.
#[derive(Debug)]
pub(super) struct RecordQueue(Arc<QueueShared>);

impl RecordQueue {
    /// Returns true if a page of `bytes` fits now; if not, `sink` is notified when there is space.
    ///
    /// Only the Sink puts pages in, so the space stays free until it does.
    pub(super) fn has_space(&self, bytes: usize, sink: &WeakRecipient<SpaceFreed>) -> bool {
        let mut state = self.0.lock();
        if state.bytes == 0 || state.bytes.saturating_add(bytes) <= CAPACITY {
            return true;
        }
        state.waiting = Some(sink.clone());
        false
    }

    /// Adds the records of a page.
    pub(super) fn put_page(&self, records: Arc<[Record]>, bytes: usize) {
        self.0.lock().bytes += bytes;
        self.put(Job::Page { records, bytes });
    }

    /// Adds a barrier, which needs no space.
    pub(super) fn put_barrier(&self, number: u64, delivered: u64, reached: WeakRecipient<BarrierReached>) {
        self.put(Job::Barrier { number, delivered, reached });
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

/// The thread's end.
#[derive(Debug)]
pub(super) struct Inbox(Arc<QueueShared>);

/// The Sink has dropped its end, so the thread ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed;

impl Inbox {
    /// Waits for a job and returns it.
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

    /// Frees the bytes of a page that has been written.
    pub(super) fn written(&self, bytes: usize) {
        let mut state = self.0.lock();
        state.bytes = state.bytes.saturating_sub(bytes);
        // Only at half, so that the Sink gets one message for many pages.
        if state.bytes > CAPACITY / 2 {
            return;
        }
        let waiting = state.waiting.take().and_then(|sink| sink.upgrade());
        drop(state);
        if let Some(sink) = waiting {
            sink.do_send(SpaceFreed);
        }
    }

    /// Waits for `time`, or until the queue is closed.
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
    fn closing_ends_a_pause_and_drops_queued_jobs() {
        let (queue, inbox) = queue();
        queue.put_page(Arc::new([]), 1);
        queue.put_page(Arc::new([]), 1);
        assert!(matches!(inbox.take(), Ok(Job::Page { .. })));
        let pausing = std::thread::spawn(move || (inbox.pause(Duration::from_secs(600)), inbox.take().map(drop)));
        drop(queue);
        assert_eq!(pausing.join().unwrap(), (Err(Closed), Err(Closed)));
    }
}
