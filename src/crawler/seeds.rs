//! Hands the seeds to the Scheduler, as fast as it takes them, and again what no commit had when a pipeline died.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use actix::Recipient;
use tokio::{
    sync::{
        Mutex,
        mpsc::{Receiver, Sender, channel},
        watch,
    },
    time::timeout,
};

use crate::{
    error::Result,
    http::request::Request,
    messages::{EndOfSeeds, QuietSeeds, Submit},
    runtime::threads,
};

/// Seeds in one message, and read ahead, at most.
const CHUNK: usize = 4096;

/// How long a pipe says nothing until what is queued no longer waits for it: its seeds are part of the scope.
const QUIET: Duration = Duration::from_secs(3);

/// The seeds of a crawl, read as they are wanted; some sources, such as standard input, can be read once only.
pub(super) struct Seeds {
    source: Receiver<NextSeed>,
    /// Whether what is still to come need never come.
    is_streaming: bool,
    /// What was submitted, with the batch it joined, until that is committed: bounded by two batches.
    uncommitted: VecDeque<(u64, Submit)>,
}

/// What comes from the sources.
enum NextSeed {
    Standing(Request),
    /// Those that are there have been read.
    Streams,
    Streamed(Request),
}

/// The ways to the Scheduler.
pub(super) struct SeedRecipients {
    pub(super) submit: Recipient<Submit>,
    pub(super) quiet: Recipient<QuietSeeds>,
    pub(super) end: Recipient<EndOfSeeds>,
}

impl Seeds {
    /// Reads the seeds that stand somewhere, then those that come through pipes: on a thread, which may wait for ever.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn new(
        standing: impl Iterator<Item = Request> + Send + 'static,
        streams: impl Iterator<Item = Request> + Send + 'static,
    ) -> Result<Arc<Mutex<Self>>> {
        let (to, source) = channel(CHUNK);
        let body = move || read(standing, streams, &to);
        // Nobody joins it: it ends with its sources, or at the latest with the process.
        threads::spawn("seeds", body)?;
        Ok(Arc::new(Mutex::new(Self { source, is_streaming: false, uncommitted: VecDeque::new() })))
    }

    /// Submits what is not safe yet, then the rest, a chunk when the one before is in a batch; then says that there are
    /// no more. Ends early when the Scheduler is gone; may be dropped at any point and called again.
    pub(super) async fn feed(&mut self, to: SeedRecipients, committed: watch::Receiver<u64>) {
        self.forget(*committed.borrow());
        for (batch, chunk) in &mut self.uncommitted {
            let Ok(submitted) = to.submit.send(chunk.clone()).await else { return };
            *batch = submitted.batch;
        }
        loop {
            let Some(chunk) = self.next(&to.quiet).await else { return to.end.do_send(EndOfSeeds) };
            // Kept before it is sent: this may be the last thing that happens here.
            self.uncommitted.push_back((u64::MAX, chunk.clone()));
            let Ok(submitted) = to.submit.send(chunk).await else { return };
            if let Some((batch, _)) = self.uncommitted.back_mut() {
                *batch = submitted.batch;
            }
            self.forget(*committed.borrow());
        }
    }

    /// The next seeds; none at the end. Says when a pipe is quiet.
    async fn next(&mut self, quiet: &Recipient<QuietSeeds>) -> Option<Submit> {
        loop {
            let mut nexts = Vec::new();
            let wanted = self.source.recv_many(&mut nexts, CHUNK);
            let read = if self.is_streaming { timeout(QUIET, wanted).await } else { Ok(wanted.await) };
            match read {
                Ok(0) => return None,
                Ok(_) => return Some(self.sort(nexts)),
                Err(_) => quiet.do_send(QuietSeeds),
            }
        }
    }

    fn sort(&mut self, nexts: Vec<NextSeed>) -> Submit {
        let mut submit = Submit::default();
        for next in nexts {
            match next {
                NextSeed::Standing(seed) => submit.standing.push(seed),
                NextSeed::Streams => self.is_streaming = true,
                NextSeed::Streamed(seed) => submit.streamed.push(seed),
            }
        }
        submit
    }

    fn forget(&mut self, committed: u64) {
        self.uncommitted.retain(|(batch, _)| *batch > committed);
    }
}

/// Reads until nothing is left, or nobody wants any more.
fn read(standing: impl Iterator<Item = Request>, streams: impl Iterator<Item = Request>, to: &Sender<NextSeed>) {
    let all = standing.map(NextSeed::Standing).chain([NextSeed::Streams]).chain(streams.map(NextSeed::Streamed));
    for next in all {
        if to.blocking_send(next).is_err() {
            return;
        }
    }
}
