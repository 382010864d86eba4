//! A response whose head has been read, and whose body has not.

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

/// Maximum length of an unwanted body that is read to its end, in bytes. That costs less than a new connection.
const MAX_DRAIN: usize = 16 << 10;

/// Time limit for reading an unwanted body.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Time for which a body may be slower than the minimum rate.
const GRACE: Duration = Duration::from_secs(10);

/// Response whose body has not been read yet.
pub(crate) struct IncomingResponse {
    /// Head of the response.
    pub(crate) head: ResponseHead,
    /// True if it changed the cookie jar of its request.
    pub(crate) is_jar_changed: bool,
    /// True if it came through a proxy.
    pub(crate) is_proxied: bool,
    /// Start of the body, which arrived with the head.
    pub(crate) body: Bytes,
    /// True if `body` is the whole body.
    pub(crate) is_whole: bool,
    /// Stream of the remaining body.
    pub(crate) rest: ClientResponse,
    /// Clock of the crawl.
    pub(crate) clock: Clock,
    /// Time limit for each part of the body.
    pub(crate) idle: Duration,
    /// End of the total timeout.
    pub(crate) deadline: Mono,
    /// Minimum rate of the body.
    pub(crate) rate: Rate,
}

impl IncomingResponse {
    /// Returns the length of the body, if it is known.
    pub(crate) fn length(&self) -> Option<u64> {
        if self.is_whole { Some(self.body.len() as u64) } else { self.head.length }
    }

    /// Returns the next part of the remaining body. `None` at its end, after which it must not be called again.
    ///
    /// # Errors
    /// If the server ends the body early, or if the part does not arrive in time.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        if self.is_whole {
            return Ok(None);
        }
        let now = self.clock.mono();
        let (limit, stage) = self.limit(now);
        if limit.is_zero() {
            return Err(FetchError::Timeout(stage));
        }
        // Most parts have arrived already, and a timer would cost more than reading them.
        let polled = match poll_immediate(self.rest.next()).await {
            Some(part) => part,
            None => timeout(limit, self.rest.next()).await.map_err(|_| FetchError::Timeout(stage))?,
        };
        let part = polled.transpose().map_err(|error| body_error(&error))?;
        self.rate.received += part.as_ref().map_or(0, |part| part.len() as u64);
        Ok(part)
    }

    /// Reads the first `length` bytes of the body, or all of a shorter one, and a part more at most. They are not reserved.
    ///
    /// # Errors
    /// As with [`IncomingResponse::chunk`].
    pub(crate) async fn read_start(&mut self, length: usize) -> Result<&[u8], FetchError> {
        while !self.is_whole && self.body.len() < length {
            match self.chunk().await? {
                Some(part) if self.body.is_empty() => self.body = part,
                Some(part) => self.body = [&*self.body, &*part].concat().into(),
                None => self.is_whole = true,
            }
        }
        Ok(&self.body)
    }

    /// Returns the time limit for the next part, and what sets it.
    fn limit(&self, now: Mono) -> (Duration, Stage) {
        let limits =
            [(self.deadline.since(now), Stage::Total), (self.idle, Stage::Idle), (self.rate.left(now), Stage::Rate)];
        limits.into_iter().min_by_key(|(limit, _)| *limit).unwrap_or((Duration::ZERO, Stage::Total))
    }

    /// Waits while the time limits of this response are paused.
    pub(crate) async fn pause<F: Future>(&mut self, wait: F) -> F::Output {
        let before = self.clock.mono();
        let result = wait.await;
        let paused = self.clock.mono().since(before);
        self.deadline += paused;
        self.rate.since += paused;
        result
    }

    /// Discards the body. The connection is kept if the body is short, else closed.
    pub(crate) async fn discard(mut self) {
        if self.is_whole || self.length().is_some_and(|length| length > MAX_DRAIN as u64) {
            return;
        }
        let body = &mut self.rest;
        let read = timeout(DRAIN_TIMEOUT, async {
            let mut total = 0;
            while let Some(Ok(chunk)) = body.next().await {
                total += chunk.len();
                if total > MAX_DRAIN {
                    return;
                }
            }
        });
        // After a timeout the connection is closed instead of kept. Both are fine.
        read.await.ok();
    }
}

/// Rate of a body since its head arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    minimum: u64,
    since: Mono,
    received: u64,
}

impl Rate {
    /// Requires at least `minimum` bytes per second from now on; 0 means no minimum. `received` bytes are already there.
    pub(crate) fn at_least(minimum: u64, received: usize, now: Mono) -> Self {
        Self { minimum, since: now, received: received as u64 }
    }

    /// Returns the time limit for the next part.
    fn left(&self, now: Mono) -> Duration {
        if self.minimum == 0 {
            return Duration::MAX;
        }
        let earned = Duration::from_millis(self.received.saturating_mul(1000) / self.minimum);
        (GRACE + earned).saturating_sub(now.since(self.since))
    }
}

/// Converts an error of awc.
fn body_error(error: &PayloadError) -> FetchError {
    let cause = match error {
        PayloadError::Incomplete(cause) => cause.as_ref(),
        PayloadError::Io(cause) => Some(cause),
        // The enum is not exhaustive.
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
    fn received_bytes_extend_the_time_limit() {
        let at = |seconds| Mono(0) + Duration::from_secs(seconds);
        let mut rate = Rate::at_least(100, 0, at(5));
        assert_eq!(rate.left(at(5)), Duration::from_secs(10));
        rate.received = 500;
        assert_eq!(rate.left(at(10)), Duration::from_secs(10));
        assert_eq!(rate.left(at(21)), Duration::ZERO);
        assert_eq!(Rate::at_least(0, 0, at(0)).left(at(1000)), Duration::MAX);
    }
}
