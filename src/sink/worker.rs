//! Thread of one exporter.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
    time::Duration,
};

use log::{error, info, warn};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    exporter::{ExportError, Exporter, Position},
    queue::{BarrierReached, Closed, Inbox, Job, RecordQueue, queue},
    slot::ExporterSlot,
};
use crate::{
    base::panics,
    error::Result,
    runtime::{
        liveness::{LivenessGuard, ThreadExit},
        output_status::OutputStatus,
        threads,
    },
    store::{Durability, SinkId},
};

/// First pause between attempts after an exporter's error; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Maximum pause between attempts.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// The Sink's end of an exporter.
///
/// Dropping it ends the exporter's thread. Records that are still queued are not written: they are not committed, so their
/// pages are fetched again.
#[derive(Debug)]
pub(crate) struct ExporterQueue {
    label: Option<String>,
    pub(super) records: RecordQueue,
    /// Whether an earlier page waits for its space.
    pub(super) is_reserved: bool,
    /// Number of records delivered to the exporter.
    pub(super) delivered: u64,
    pub(super) status: OutputStatus,
}

impl ExporterQueue {
    /// Returns the state of the output, for reports.
    pub(crate) fn status(&self) -> OutputStatus {
        self.status.clone()
    }

    /// Returns true if the exporter gets the records of pages with this label.
    pub(super) fn wants(&self, label: Option<&str>) -> bool {
        self.label.is_none() || self.label.as_deref() == label
    }
}

/// Running exporter, to be joined.
#[derive(Debug)]
pub(crate) struct ExporterThread {
    name: String,
    slot: mpsc::Receiver<ExporterSlot>,
    thread: thread::JoinHandle<()>,
}

/// A thread that did not end in time, so its exporter still has its files open.
#[derive(Debug, thiserror::Error)]
#[error("exporter `{0}` is still busy")]
pub(crate) struct StillBusy(String);

impl ExporterThread {
    /// Waits for the end of the thread and returns the exporter. Its [`ExporterQueue`] must have been dropped before.
    ///
    /// # Errors
    /// If the thread does not end in time.
    pub(crate) fn join(self, timeout: Duration) -> Result<ExporterSlot, StillBusy> {
        let Self { name, slot, thread } = self;
        let slot = slot.recv_timeout(timeout).map_err(|_| StillBusy(name.clone()))?;
        // The thread ends right after it has sent the exporter.
        thread.join().map_err(|_| StillBusy(name))?;
        Ok(slot)
    }
}

/// Starts a thread for every exporter; `exits` is notified when one ends.
///
/// # Errors
/// If a thread cannot be started.
pub(crate) fn start(
    slots: Vec<ExporterSlot>,
    durability: Durability,
    exits: &UnboundedSender<ThreadExit>,
) -> Result<(Vec<ExporterQueue>, Vec<ExporterThread>)> {
    let mut queues = Vec::with_capacity(slots.len());
    let mut threads = Vec::with_capacity(slots.len());
    for slot in slots {
        let (records, inbox) = queue();
        let name = slot.name.clone();
        let status = OutputStatus::new(&name);
        let label = slot.label.clone();
        queues.push(ExporterQueue { label, records, is_reserved: false, delivered: 0, status: status.clone() });
        let (sender, receiver) = mpsc::channel();
        let liveness = LivenessGuard::new(format!("exporter `{name}`"), exits.clone());
        let body = move || {
            let slot = run(slot, &inbox, durability, &status, liveness);
            // Without a receiver the exporter is dropped here.
            sender.send(slot).ok();
        };
        let thread = threads::spawn(&format!("sink-{name}"), body)?;
        threads.push(ExporterThread { name, slot: receiver, thread });
    }
    Ok((queues, threads))
}

/// Works until the queue is closed or the exporter panics; returns the exporter in both cases.
fn run(
    mut slot: ExporterSlot,
    inbox: &Inbox,
    durability: Durability,
    status: &OutputStatus,
    liveness: LivenessGuard,
) -> ExporterSlot {
    let name = slot.name.clone();
    let worker = Worker { id: slot.id, exporter: &mut *slot.exporter, inbox, durability, status };
    // After a panic only `recover` is called, which must restore the exporter from any state.
    let end = catch_unwind(AssertUnwindSafe(|| {
        // Dropped during the panic, so that the exit is reported as one.
        let _liveness = liveness;
        worker.work()
    }));
    if let Err(panic) = end {
        error!(exporter:% = name, panic:% = panics::message(&*panic); "exporter panicked");
        // Dropping the payload may panic too.
        mem::forget(panic);
    }
    slot
}

struct Worker<'a> {
    id: SinkId,
    exporter: &'a mut dyn Exporter,
    inbox: &'a Inbox,
    durability: Durability,
    status: &'a OutputStatus,
}

impl Worker<'_> {
    fn work(mut self) -> Closed {
        loop {
            if let Err(closed) = self.inbox.take().and_then(|job| self.run_job(job)) {
                return closed;
            }
        }
    }

    fn run_job(&mut self, job: Job) -> Result<(), Closed> {
        match job {
            Job::Page { records, bytes } => {
                self.retry(|exporter| exporter.write(&records))?;
                self.inbox.written(bytes);
            }
            Job::Barrier { number, delivered, reached } => {
                let durability = self.durability;
                let Position(position) = self.retry(|exporter| exporter.flush(durability))?;
                self.status.flushed(delivered);
                if let Some(sink) = reached.upgrade() {
                    sink.do_send(BarrierReached { exporter: self.id, number, position });
                }
            }
        }
        Ok(())
    }

    /// Tries until it succeeds; all later jobs wait.
    fn retry<T>(&mut self, mut attempt: impl FnMut(&mut dyn Exporter) -> Result<T, ExportError>) -> Result<T, Closed> {
        let mut pause = FIRST_PAUSE;
        let mut failures = 0_u64;
        loop {
            match attempt(self.exporter) {
                Ok(value) if failures == 0 => return Ok(value),
                Ok(value) => {
                    info!(exporter:% = self.status.name(), failures; "exporter recovered");
                    self.status.recovered();
                    return Ok(value);
                }
                Err(error) => {
                    // Logged once only.
                    if failures == 0 {
                        warn!(exporter:% = self.status.name(), error:%; "exporter failed; retrying");
                    }
                    self.status.failed(&*error);
                }
            }
            failures += 1;
            self.inbox.pause(pause)?;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
}
