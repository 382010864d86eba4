//! Hands the seeds to the Scheduler, as fast as it takes them, and again what no commit had when a pipeline died.

use std::{collections::VecDeque, sync::Arc};

use actix::Recipient;
use tokio::sync::{Mutex, watch};

use crate::{
    message::{EndOfSeeds, Submit},
    request::Request,
};

/// Seeds in one message, at most.
const CHUNK: usize = 4096;

/// The seeds of a crawl, read as they are wanted; some sources, such as standard input, can be read once only.
pub(super) struct Seeds {
    source: Box<dyn Iterator<Item = Request> + Send>,
    /// What was submitted, with the batch it joined, until that is committed: bounded by two batches.
    unsafe_yet: VecDeque<(u64, Vec<Request>)>,
}

impl Seeds {
    pub(super) fn new(source: impl Iterator<Item = Request> + Send + 'static) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self { source: Box::new(source), unsafe_yet: VecDeque::new() }))
    }

    /// Submits what is not safe yet, then the rest, a chunk when the one before is in a batch; then says that there are
    /// no more. Ends early when the Scheduler is gone; may be dropped at any point and called again.
    pub(super) async fn feed(
        &mut self,
        submit: Recipient<Submit>,
        end: Recipient<EndOfSeeds>,
        committed: watch::Receiver<u64>,
    ) {
        self.forget(*committed.borrow());
        for (batch, chunk) in &mut self.unsafe_yet {
            let Ok(submitted) = submit.send(Submit(chunk.clone())).await else { return };
            *batch = submitted.batch;
        }
        loop {
            let chunk: Vec<_> = self.source.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return end.do_send(EndOfSeeds);
            }
            // Kept before it is sent: this may be the last thing that happens here.
            self.unsafe_yet.push_back((u64::MAX, chunk.clone()));
            let Ok(submitted) = submit.send(Submit(chunk)).await else { return };
            if let Some((batch, _)) = self.unsafe_yet.back_mut() {
                *batch = submitted.batch;
            }
            self.forget(*committed.borrow());
        }
    }

    fn forget(&mut self, committed: u64) {
        self.unsafe_yet.retain(|(batch, _)| *batch > committed);
    }
}
