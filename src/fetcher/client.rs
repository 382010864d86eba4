//! One exchange with a server: sending, waiting for the head of the answer, and every way in which that fails.

use std::{future::poll_fn, io, pin::pin, time::Duration};

use awc::{
    ClientResponse, SendClientRequest,
    error::{ConnectError, PayloadError, SendRequestError},
    http::header::{HeaderName, HeaderValue},
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio::time::{sleep, timeout};

use super::{
    Config, Timeouts,
    proxy::{Proxies, Proxy},
    send::{defaults, send},
};
use crate::{
    clock::Clock,
    lease::Visit,
    outcome::{FetchError, Stage},
    request::Request,
    time::Mono,
    wire::{Exchange, Head, Options, Transport, words},
};

/// A body up to this size is read to its end although nobody wants it: that costs less than a new connection.
const WORTH_READING: usize = 16 << 10;

/// How long such a body may take.
const READ_AWAY: Duration = Duration::from_secs(1);

/// Asks servers.
pub(super) struct Client {
    transport: Transport,
    defaults: Vec<(HeaderName, HeaderValue)>,
    proxies: Proxies,
    timeout: Timeouts,
    clock: Clock,
}

/// An answer whose body is still to be read.
pub(super) struct Answer {
    pub(super) head: Head,
    /// Whether a proxy stands between.
    pub(super) is_proxied: bool,
    body: ClientResponse,
    clock: Clock,
    idle: Duration,
    /// When the time for all of it is over.
    deadline: Mono,
}

impl Client {
    /// A client with connections of its own, one of so many.
    pub(super) fn new(config: &Config, user_agent: &str, fetchers: usize, clock: Clock) -> Self {
        let Timeouts { dns, connect, .. } = config.timeout;
        let idle = config.idle.div_ceil(fetchers.max(1));
        let transport = Transport::new(Options { dns, connect, keep_alive: config.keep_alive, idle }, clock);
        let defaults = defaults(config, user_agent);
        Self { transport, defaults, proxies: Proxies::new(&config.proxies), timeout: config.timeout.clone(), clock }
    }

    /// Closes connections that nobody has used for too long.
    pub(super) fn sweep(&self) {
        self.transport.sweep();
    }

    /// Sends a request and waits for the head of its answer; notes in `visit` what happens. Within the exchange's scope.
    ///
    /// # Errors
    /// When there is no head in time.
    pub(super) async fn ask(
        &self,
        request: &Request,
        exchange: &Exchange,
        visit: &mut Visit,
    ) -> Result<Answer, FetchError> {
        let deadline = self.clock.mono() + request.timeout_value().unwrap_or(self.timeout.total);
        let proxy = self.proxies.choose(request)?;
        let mut result = self.attempt(request, proxy.as_deref(), exchange, visit, deadline).await;
        let is_closed = matches!(result, Err(FetchError::Reset(_)));
        if is_closed && exchange.is_stale() && request.method().is_repeatable() {
            // The server closed a connection that was kept just when it was to be used again: nobody's failure.
            result = self.attempt(request, proxy.as_deref(), exchange, visit, deadline).await;
        }
        result
    }

    async fn attempt(
        &self,
        request: &Request,
        proxy: Option<&Proxy>,
        exchange: &Exchange,
        visit: &mut Visit,
        deadline: Mono,
    ) -> Result<Answer, FetchError> {
        exchange.begin();
        let sending = send(&self.transport, &self.defaults, request, proxy)?;
        let result = self.head(sending, exchange, deadline).await;
        visit.started = exchange.started();
        visit.requests += u32::from(visit.started.is_some());
        visit.address = exchange.peer().filter(|_| proxy.is_none()).map(|peer| peer.ip());
        let body = result.map_err(|error| exchange.take_error().unwrap_or(error))?;
        let head = exchange.take_head().ok_or_else(|| FetchError::Framing("no head".into()))?;
        visit.status = Some(head.status);
        let (clock, idle) = (self.clock, self.timeout.idle);
        Ok(Answer { head, is_proxied: proxy.is_some(), body, clock, idle, deadline })
    }

    /// Until the request is out the dialer keeps the time; from then on the first byte has its own.
    async fn head(
        &self,
        mut sending: SendClientRequest,
        exchange: &Exchange,
        deadline: Mono,
    ) -> Result<ClientResponse, FetchError> {
        let mut stage = Stage::Total;
        let mut timer = pin!(sleep(deadline.since(self.clock.mono())));
        let mut is_sent = false;
        poll_fn(|cx| {
            if let std::task::Poll::Ready(result) = pin!(&mut sending).poll(cx) {
                return std::task::Poll::Ready(result.map_err(|error| explain(&error)));
            }
            if !is_sent && exchange.started().is_some() {
                is_sent = true;
                if self.timeout.first_byte < deadline.since(self.clock.mono()) {
                    stage = Stage::FirstByte;
                    timer.set(sleep(self.timeout.first_byte));
                }
            }
            timer.as_mut().poll(cx).map(|()| Err(FetchError::Timeout(stage)))
        })
        .await
    }
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

fn explain(error: &SendRequestError) -> FetchError {
    match error {
        SendRequestError::Url(_) | SendRequestError::Http(_) | SendRequestError::Body(_) => {
            FetchError::Request(words(error))
        }
        SendRequestError::Connect(ConnectError::Timeout) => FetchError::Timeout(Stage::Connect),
        SendRequestError::Connect(ConnectError::Disconnected) => FetchError::Reset("closed before the answer".into()),
        SendRequestError::Connect(error) => FetchError::Connect(words(error)),
        SendRequestError::Send(error) => FetchError::Reset(words(error)),
        SendRequestError::Timeout => FetchError::Timeout(Stage::FirstByte),
        // awc's error is not exhaustive.
        _ => FetchError::Framing(words(error)),
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
