//! Hands the seeds to the Scheduler, as fast as it takes them.

use actix::Recipient;

use crate::{
    message::{EndOfSeeds, Submit},
    request::Request,
};

/// Seeds in one message, at most.
const CHUNK: usize = 4096;

/// Submits all of `seeds`, a chunk when the one before is in a batch, then says that there are no more. Ends early when
/// the Scheduler is gone.
pub(super) async fn feed(
    mut seeds: impl Iterator<Item = Request>,
    submit: Recipient<Submit>,
    end: Recipient<EndOfSeeds>,
) {
    loop {
        let chunk: Vec<_> = seeds.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return end.do_send(EndOfSeeds);
        }
        if submit.send(Submit(chunk)).await.is_err() {
            return;
        }
    }
}
