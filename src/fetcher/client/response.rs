//! An answer, its head read and its body not.

use std::{io, time::Duration};

use awc::{ClientResponse, error::PayloadError};
use bytes::Bytes;
use futures_util::{StreamExt as _, future::poll_immediate};
use tokio::time::timeout;

use crate::{
    base::{text, time::Mono},
    failure::{FetchError, Stage},
    runtime::clock::Clock,
    transport::ResponseHead,
};

/// A body up to this size is read to its end although nobody wants it: that costs less than a new connection.
const WORTH_READING: usize = 16 << 10;

/// How long such a body may take.
const READ_AWAY: Duration = Duration::from_secs(1);

/// How long a body may be slower than the least rate.
const GRACE: Duration = Duration::from_secs(10);

/// An answer whose body is still to be read.
pub(crate) struct IncomingResponse {
    /// Its head.
    pub(crate) head: ResponseHead,
    /// Whether it changed its request's cookie jar.
    pub(crate) is_jar_changed: bool,
    /// Whether a proxy stands between.
    pub(crate) is_proxied: bool,
    /// The first bytes of the body, which came with the head.
    pub(crate) body: Bytes,
    /// Whether that is all of it.
    pub(crate) is_whole: bool,
    /// What awc streams the rest from.
    pub(crate) rest: ClientResponse,
    /// The time.
    pub(crate) clock: Clock,
    /// For each part of the body.
    pub(crate) idle: Duration,
    /// When the time for all of it is over.
    pub(crate) deadline: Mono,
    /// How fast it must come.
    pub(crate) rate: Rate,
}

impl IncomingResponse {
    /// How long the body is, if that is known.
    pub(crate) fn length(&self) -> Option<u64> {
        if self.is_whole { Some(self.body.len() as u64) } else { self.head.length }
    }

    /// The next part of the rest of the body; none at its end, after which it must not be asked again.
    ///
    /// # Errors
    /// When it is cut, or does not come in time.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        if self.is_whole {
            return Ok(None);
        }
        let now = self.clock.mono();
        let (limit, stage) = self.limit(now);
        if limit.is_zero() {
            return Err(FetchError::Timeout(stage));
        }
        // Most parts are there already; a timer would cost more than they do.
        let polled = match poll_immediate(self.rest.next()).await {
            Some(part) => part,
            None => timeout(limit, self.rest.next()).await.map_err(|_| FetchError::Timeout(stage))?,
        };
        let part = polled.transpose().map_err(|error| explain_body(&error))?;
        self.rate.received += part.as_ref().map_or(0, |part| part.len() as u64);
        Ok(part)
    }

    /// How long the next part may take, and why no longer.
    fn limit(&self, now: Mono) -> (Duration, Stage) {
        let limits =
            [(self.deadline.since(now), Stage::Total), (self.idle, Stage::Idle), (self.rate.left(now), Stage::Rate)];
        limits.into_iter().min_by_key(|(limit, _)| *limit).unwrap_or((Duration::ZERO, Stage::Total))
    }

    /// Runs `wait` while the time of this answer rests.
    pub(crate) async fn rest<F: Future>(&mut self, wait: F) -> F::Output {
        let before = self.clock.mono();
        let result = wait.await;
        let rested = self.clock.mono().since(before);
        self.deadline += rested;
        self.rate.since += rested;
        result
    }

    /// Lets the connection be used again, if the body is short; otherwise it is closed.
    pub(crate) async fn discard(mut self) {
        if self.is_whole || self.length().is_some_and(|length| length > WORTH_READING as u64) {
            return;
        }
        let body = &mut self.rest;
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

/// A body's speed since its head came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    least: u64,
    since: Mono,
    received: u64,
}

impl Rate {
    /// At least so many bytes a second from now on, `received` of which are there; 0 = any speed will do.
    pub(crate) fn at_least(least: u64, received: usize, now: Mono) -> Self {
        Self { least, since: now, received: received as u64 }
    }

    /// How long the next part may take.
    fn left(&self, now: Mono) -> Duration {
        if self.least == 0 {
            return Duration::MAX;
        }
        let earned = Duration::from_millis(self.received.saturating_mul(1000) / self.least);
        (GRACE + earned).saturating_sub(now.since(self.since))
    }
}

fn explain_body(error: &PayloadError) -> FetchError {
    let cause = match error {
        PayloadError::Incomplete(cause) => cause.as_ref(),
        PayloadError::Io(cause) => Some(cause),
        // awc's error is not exhaustive.
        _ => return FetchError::Framing(text::from_error(error)),
    };
    match cause.map(|cause| (cause.kind(), cause)) {
        None | Some((io::ErrorKind::UnexpectedEof, _)) => FetchError::Truncated,
        Some((io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData, cause)) => {
            FetchError::Framing(text::from_error(cause))
        }
        Some(_) => FetchError::Reset(text::from_error(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_earn_time() {
        let at = |seconds| Mono(0) + Duration::from_secs(seconds);
        let mut rate = Rate::at_least(100, 0, at(5));
        assert_eq!(rate.left(at(5)), Duration::from_secs(10));
        rate.received = 500;
        assert_eq!(rate.left(at(10)), Duration::from_secs(10));
        assert_eq!(rate.left(at(21)), Duration::ZERO);
        assert_eq!(Rate::at_least(0, 0, at(0)).left(at(1000)), Duration::MAX);
    }
}
