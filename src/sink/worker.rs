//! One exporter and the plain thread it runs on.

use std::{
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
    time::Duration,
};

use bytes::Bytes;
use log::{error, info, warn};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    ExportError, Exporter, Position,
    queue::{BarrierReached, Closed, Inbox, Job, RecordQueue, queue},
};
use crate::{
    base::panics,
    error::{Error, Result},
    runtime::{
        liveness::{LivenessGuard, ThreadExit},
        threads,
    },
    store::{Durability, SinkId},
};

/// The pauses between attempts after an exporter's error: the first, and the longest. Each is twice the one before.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// An exporter with its place in the crawl.
pub(crate) struct ExporterSlot {
    /// Names it in commits.
    pub(crate) id: SinkId,
    /// Names it in logs and errors.
    pub(crate) name: String,
    /// It gets only the records of requests with this label; all, if none.
    pub(crate) label: Option<String>,
    /// What writes.
    pub(crate) exporter: Box<dyn Exporter>,
}

impl fmt::Debug for ExporterSlot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, name, label, exporter: _ } = self;
        formatter
            .debug_struct("Outlet")
            .field("id", id)
            .field("name", name)
            .field("label", label)
            .finish_non_exhaustive()
    }
}

impl ExporterSlot {
    /// Brings the output back to what the last commit says of it; to be called before each [`start`], also on a thread
    /// without a runtime.
    ///
    /// # Errors
    /// The exporter's: the output is not what was left.
    pub(crate) fn recover(&mut self, positions: &[(SinkId, Bytes)]) -> Result<()> {
        let position = positions.iter().find(|(id, _)| *id == self.id).map(|(_, bytes)| Position(bytes.clone()));
        let failed = |error: ExportError| Error::Exporter { exporter: self.name.clone(), message: error.to_string() };
        self.exporter.recover(position.as_ref()).map_err(failed)
    }

    /// Goes on behind what stands in the output: how far it was committed is not known.
    ///
    /// # Errors
    /// The exporter's: the output is gone.
    pub(crate) fn adopt(&mut self) -> Result<()> {
        let failed = |error: ExportError| Error::Exporter { exporter: self.name.clone(), message: error.to_string() };
        self.exporter.adopt().map_err(failed)
    }

    /// How far the output reaches now.
    ///
    /// # Errors
    /// The exporter's: the output cannot be written.
    pub(crate) fn position(&mut self, durability: Durability) -> Result<Bytes> {
        let failed = |error: ExportError| Error::Exporter { exporter: self.name.clone(), message: error.to_string() };
        self.exporter.flush(durability).map(|Position(bytes)| bytes).map_err(failed)
    }
}

/// The Sink's way to an exporter. Dropping it ends the exporter's thread, without writing what is still queued: that is
/// not committed, so it comes again.
#[derive(Debug)]
pub(crate) struct ExporterQueue {
    label: Option<String>,
    pub(super) queue: RecordQueue,
    /// An earlier page waits for its room.
    pub(super) claimed: bool,
}

impl ExporterQueue {
    /// Whether pages of this label go there.
    pub(super) fn wants(&self, label: Option<&str>) -> bool {
        self.label.is_none() || self.label.as_deref() == label
    }
}

/// An exporter at work, to be joined.
#[derive(Debug)]
pub(crate) struct ExporterThread {
    name: String,
    back: mpsc::Receiver<ExporterSlot>,
    thread: thread::JoinHandle<()>,
}

/// A thread that has not ended in time, so that its exporter, with what it has open, is not back.
#[derive(Debug, thiserror::Error)]
#[error("exporter `{0}` is still busy")]
pub(crate) struct Stuck(String);

impl ExporterThread {
    /// Waits for the end of the thread and takes the exporter back. Its [`ExporterQueue`] must have been dropped before.
    ///
    /// # Errors
    /// When it is not back in time.
    pub(crate) fn join(self, timeout: Duration) -> Result<ExporterSlot, Stuck> {
        let Self { name, back, thread } = self;
        let outlet = back.recv_timeout(timeout).map_err(|_| Stuck(name.clone()))?;
        // Giving the exporter back is the last thing it did.
        thread.join().map_err(|_| Stuck(name))?;
        Ok(outlet)
    }
}

/// Starts a thread for every exporter. The death of one is told to `deaths`.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(
    outlets: Vec<ExporterSlot>,
    durability: Durability,
    deaths: &UnboundedSender<ThreadExit>,
) -> Result<(Vec<ExporterQueue>, Vec<ExporterThread>)> {
    let mut inlets = Vec::with_capacity(outlets.len());
    let mut running = Vec::with_capacity(outlets.len());
    for outlet in outlets {
        let (queue, inbox) = queue();
        let name = outlet.name.clone();
        inlets.push(ExporterQueue { label: outlet.label.clone(), queue, claimed: false });
        let (give_back, back) = mpsc::channel();
        let vital = LivenessGuard::new(format!("exporter `{name}`"), deaths.clone());
        let run = move || {
            let outlet = run(outlet, &inbox, durability, vital);
            // If nobody waits for it any more, it is dropped.
            give_back.send(outlet).ok();
        };
        let thread = threads::spawn(&format!("sink-{name}"), run)?;
        running.push(ExporterThread { name, back, thread });
    }
    Ok((inlets, running))
}

/// Serves until the Sink lets go or the exporter panics; either way the exporter comes back.
fn run(mut outlet: ExporterSlot, inbox: &Inbox, durability: Durability, vital: LivenessGuard) -> ExporterSlot {
    let name = outlet.name.clone();
    let worker = Worker { id: outlet.id, name: &name, exporter: &mut *outlet.exporter, inbox, durability };
    // After a panic nothing but `recover` is asked of the exporter, which is there to put things right.
    let end = catch_unwind(AssertUnwindSafe(|| {
        // Dropped in here, so that a death by panic is reported as one.
        let _vital = vital;
        worker.serve()
    }));
    if let Err(panic) = end {
        error!(exporter:% = name, panic:% = panics::message(&*panic); "exporter panicked");
        // What was thrown may panic itself when it is dropped.
        mem::forget(panic);
    }
    outlet
}

struct Worker<'a> {
    id: SinkId,
    name: &'a str,
    exporter: &'a mut dyn Exporter,
    inbox: &'a Inbox,
    durability: Durability,
}

impl Worker<'_> {
    fn serve(mut self) -> Closed {
        loop {
            if let Err(closed) = self.inbox.take().and_then(|job| self.work(job)) {
                return closed;
            }
        }
    }

    fn work(&mut self, job: Job) -> Result<(), Closed> {
        match job {
            Job::Page { records, bytes } => {
                self.insist(|exporter| exporter.write(&records))?;
                self.inbox.written(bytes);
            }
            Job::Barrier { number, reached } => {
                let durability = self.durability;
                let Position(position) = self.insist(|exporter| exporter.flush(durability))?;
                if let Some(sink) = reached.upgrade() {
                    sink.do_send(BarrierReached { exporter: self.id, number, position });
                }
            }
        }
        Ok(())
    }

    /// Tries until it works; everything behind waits.
    fn insist<T>(&mut self, mut attempt: impl FnMut(&mut dyn Exporter) -> Result<T, ExportError>) -> Result<T, Closed> {
        let [first, longest] = PAUSES;
        let mut pause = first;
        let mut failures = 0_u64;
        loop {
            match attempt(self.exporter) {
                Ok(value) if failures == 0 => return Ok(value),
                Ok(value) => {
                    info!(exporter:% = self.name, failures; "exporter works again");
                    return Ok(value);
                }
                Err(error) if failures == 0 => {
                    warn!(exporter:% = self.name, error:%; "exporter failed, trying again");
                }
                // Said once already.
                Err(_) => {}
            }
            failures += 1;
            self.inbox.pause(pause)?;
            pause = (pause * 2).min(longest);
        }
    }
}
