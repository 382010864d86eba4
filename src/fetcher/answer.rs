//! An answer, its head read and its body not.

use std::{io, time::Duration};

use awc::{ClientResponse, error::PayloadError};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::timeout;

use crate::{
    clock::Clock,
    outcome::{FetchError, Stage},
    time::Mono,
    wire::{Head, words},
};

/// A body up to this size is read to its end although nobody wants it: that costs less than a new connection.
const WORTH_READING: usize = 16 << 10;

/// How long such a body may take.
const READ_AWAY: Duration = Duration::from_secs(1);

/// An answer whose body is still to be read.
pub(super) struct Answer {
    /// Its head.
    pub(super) head: Head,
    /// Whether it changed its request's cookie jar.
    pub(super) is_jar_changed: bool,
    /// Whether a proxy stands between.
    pub(super) is_proxied: bool,
    /// What awc streams the body from.
    pub(super) body: ClientResponse,
    /// The time.
    pub(super) clock: Clock,
    /// For each part of the body.
    pub(super) idle: Duration,
    /// When the time for all of it is over.
    pub(super) deadline: Mono,
}

impl Answer {
    /// The next part of the body; none at its end, after which it must not be asked again.
    ///
    /// # Errors
    /// When it is cut, or does not come in time.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        let left = self.deadline.since(self.clock.mono());
        let (limit, stage) = if self.idle < left { (self.idle, Stage::Idle) } else { (left, Stage::Total) };
        match timeout(limit, self.body.next()).await {
            Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
            Ok(Some(Err(error))) => Err(explain_body(&error)),
            Ok(None) => Ok(None),
            Err(_) => Err(FetchError::Timeout(stage)),
        }
    }

    /// Runs `wait` while the time of this answer rests.
    pub(super) async fn rest<F: Future>(&mut self, wait: F) -> F::Output {
        let before = self.clock.mono();
        let result = wait.await;
        self.deadline += self.clock.mono().since(before);
        result
    }

    /// Lets the connection be used again, if the body is short; otherwise it is closed.
    pub(super) async fn discard(mut self) {
        if self.head.length.is_some_and(|length| length > WORTH_READING as u64) {
            return;
        }
        let body = &mut self.body;
        let read = timeout(READ_AWAY, async {
            let mut total = 0;
            while let Some(Ok(chunk)) = body.next().await {
                total += chunk.len();
                if total > WORTH_READING {
                    return;
                }
            }
        });
        // Either way the answer is over; only the connection's fate differs.
        read.await.ok();
    }
}

fn explain_body(error: &PayloadError) -> FetchError {
    let cause = match error {
        PayloadError::Incomplete(cause) => cause.as_ref(),
        PayloadError::Io(cause) => Some(cause),
        // awc's error is not exhaustive.
        _ => return FetchError::Framing(words(error)),
    };
    match cause.map(io::Error::kind) {
        None | Some(io::ErrorKind::UnexpectedEof) => FetchError::Truncated,
        Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => FetchError::Framing("a broken chunk".into()),
        Some(_) => FetchError::Reset(words(error)),
    }
}
