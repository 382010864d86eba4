//! Submits the seeds to the Scheduler, and submits them again if a pipeline ends before they are committed.

use std::{collections::VecDeque, time::Duration};

use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::timeout,
};

use crate::{
    config::NoSeed,
    error::Result,
    http::request::Request,
    messages::{
        EndOfSeeds, QuietSeeds, Submit,
        control::{Control, SchedulerHandle, Schedulers},
    },
    runtime::threads,
};

/// Maximum number of seeds in one message, and of seeds read ahead.
const CHUNK: usize = 4096;

/// Time without a seed from a pipe after which queued URLs no longer wait for seeds, which are part of the scope.
const QUIET: Duration = Duration::from_secs(3);

/// Seeds of a crawl.
///
/// Seeds are read when the Scheduler takes them. Some sources, such as standard input, can be read only once.
pub(super) struct Seeds {
    source: Receiver<NextSeed>,
    /// Whether the rest comes from pipes, which may stay silent.
    is_streaming: bool,
    empty_lists: EmptyLists,
    control: Control,
    /// What was submitted and is not committed yet, each with its batch: at most two batches.
    uncommitted: VecDeque<(u64, Submit)>,
}

/// Whether a list of seeds may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EmptyLists {
    /// In a resumed crawl, which has the seeds of earlier runs.
    Allowed,
    /// In a new crawl, where a list without seeds is a mistake.
    Refused,
}

/// What the reading thread sends.
enum NextSeed {
    Standing(Request),
    /// The standing seeds have been read; the rest is streamed.
    StartOfStreams,
    Streamed(Request),
    /// A list has no valid seed.
    NoSeed(NoSeed),
}

impl Seeds {
    /// Starts a thread that reads the standing seeds, then those of pipes, which may block for any time.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub(super) fn new(
        standing: impl Iterator<Item = Result<Request, NoSeed>> + Send + 'static,
        streams: impl Iterator<Item = Result<Request, NoSeed>> + Send + 'static,
        empty_lists: EmptyLists,
        control: Control,
    ) -> Result<Self> {
        let (to, source) = channel(CHUNK);
        let body = move || read(standing, streams, &to);
        // Not joined: the thread ends with its sources, or with the process.
        threads::spawn("seeds", body)?;
        Ok(Self { source, is_streaming: false, empty_lists, control, uncommitted: VecDeque::new() })
    }

    /// Submits all seeds to each Scheduler of the crawl: to later ones what was not committed, then the rest.
    pub(super) async fn feed(mut self, mut schedulers: Schedulers) {
        while let Some(scheduler) = schedulers.current().await {
            tokio::select! {
                biased;
                () = schedulers.changed() => {}
                () = self.submit_all(&scheduler) => schedulers.changed().await,
            }
        }
    }

    /// Submits one chunk after another, each when the one before is in a batch, then sends [`EndOfSeeds`].
    ///
    /// Returns early if the Scheduler is gone. Can be dropped at any point and called again.
    async fn submit_all(&mut self, scheduler: &SchedulerHandle) {
        self.forget_committed(scheduler);
        for (batch, chunk) in &mut self.uncommitted {
            let Ok(submitted) = scheduler.submit.send(chunk.clone()).await else { return };
            *batch = submitted.batch;
        }
        loop {
            let Some(chunk) = self.next(scheduler).await else { return scheduler.end_of_seeds.do_send(EndOfSeeds) };
            // Kept before it is sent, because this future may be dropped while it waits for the answer.
            self.uncommitted.push_back((u64::MAX, chunk.clone()));
            let Ok(submitted) = scheduler.submit.send(chunk).await else { return };
            if let Some((batch, _)) = self.uncommitted.back_mut() {
                *batch = submitted.batch;
            }
            self.forget_committed(scheduler);
        }
    }

    /// Returns the next seeds, or `None` at the end. Sends [`QuietSeeds`] while a pipe is silent.
    async fn next(&mut self, scheduler: &SchedulerHandle) -> Option<Submit> {
        loop {
            let mut seeds = Vec::new();
            let received = self.source.recv_many(&mut seeds, CHUNK);
            let received = if self.is_streaming { timeout(QUIET, received).await } else { Ok(received.await) };
            match received {
                Ok(0) => return None,
                Ok(_) => return Some(self.sort(seeds)),
                Err(_) => scheduler.quiet_seeds.do_send(QuietSeeds),
            }
        }
    }

    fn sort(&mut self, seeds: Vec<NextSeed>) -> Submit {
        let mut submit = Submit::default();
        for seed in seeds {
            match seed {
                NextSeed::Standing(seed) => submit.standing.push(seed),
                NextSeed::StartOfStreams => self.is_streaming = true,
                NextSeed::Streamed(seed) => submit.streamed.push(seed),
                NextSeed::NoSeed(list) if list.is_empty() && self.empty_lists == EmptyLists::Allowed => {}
                NextSeed::NoSeed(list) => self.control.fail(list.into()),
            }
        }
        submit
    }

    fn forget_committed(&mut self, scheduler: &SchedulerHandle) {
        let committed = *scheduler.committed.borrow();
        self.uncommitted.retain(|(batch, _)| *batch > committed);
    }
}

/// Sends seeds until there are no more, or the receiver is gone.
fn read(
    standing: impl Iterator<Item = Result<Request, NoSeed>>,
    streams: impl Iterator<Item = Result<Request, NoSeed>>,
    to: &Sender<NextSeed>,
) {
    let standing = standing.map(|seed| seed.map_or_else(NextSeed::NoSeed, NextSeed::Standing));
    let streams = streams.map(|seed| seed.map_or_else(NextSeed::NoSeed, NextSeed::Streamed));
    let all = standing.chain([NextSeed::StartOfStreams]).chain(streams);
    for next in all {
        if to.blocking_send(next).is_err() {
            return;
        }
    }
}
