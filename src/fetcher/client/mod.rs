//! Asking a server: sending, waiting for the head of the answer, and every way in which that fails.

pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod body_memory;
pub(crate) mod cookies;
pub(crate) mod proxy;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod retry_after;

use std::{future::poll_fn, net::IpAddr, pin::pin, rc::Rc, sync::Arc, task::Poll};

use awc::{
    ClientResponse, SendClientRequest,
    error::{ConnectError, SendRequestError},
    http::header::{HeaderName, HeaderValue},
};
use tokio::time::sleep;

use self::{
    auth::{AuthSession, Credentials},
    cookies::Cookies,
    proxy::{Environment, Proxies},
    request::{Defaults, body, head},
    response::{IncomingResponse, Rate},
};
use super::{Config, Identity, Timeouts};
use crate::{
    base::{
        text,
        time::{Mono, Wall},
    },
    failure::{FetchError, Stage},
    http::{
        request::{Method, Request, fingerprint::Fingerprint},
        validators::{ValidatorCache, Version},
    },
    messages::lease::FetchInfo,
    runtime::clock::Clock,
    transport::{
        Exchange, LocalFailure, NetworkContext, Proxy, RequestHead, ResponseHead, ResponseStart, Transport,
        TransportOptions, is_forwarded,
    },
};

/// Setbacks in a row that are waited out, about ten minutes of them.
const MAX_SETBACKS: u32 = 100;

/// Asks servers.
pub(super) struct Client {
    transport: Transport,
    defaults: Defaults,
    proxies: Proxies,
    cookies: Cookies,
    credentials: Arc<Credentials>,
    versions: ValidatorCache,
    timeout: Timeouts,
    /// Of bodies, in bytes a second.
    min_rate: u64,
    clock: Clock,
}

/// A request as it is asked, once or again.
#[derive(Clone, Copy)]
struct OutgoingCall<'a> {
    request: &'a Request,
    proxy: Option<&'a Rc<Proxy>>,
    exchange: &'a Exchange,
    /// When the time for all of it is over.
    deadline: Mono,
}

impl Client {
    /// A client with connections of its own, one of so many.
    pub(super) fn new(
        config: &Config,
        identity: &Identity,
        outside: NetworkContext,
        fetchers: usize,
        clock: Clock,
    ) -> Self {
        let Timeouts { dns, connect, .. } = config.timeout;
        let idle = config.idle.div_ceil(fetchers.max(1));
        let (keep_alive, local) = (config.keep_alive, config.local_address.clone());
        let options = TransportOptions { dns, connect, keep_alive, idle, context: outside, local };
        let transport = Transport::new(options, clock);
        let defaults = Defaults::new(config, &identity.user_agent);
        let proxies = Proxies::new(&config.proxies, Environment::of_process(), clock);
        let (timeout, min_rate) = (config.timeout.clone(), config.min_rate.0);
        let (cookies, credentials) = (identity.cookies.clone(), identity.credentials.clone());
        let versions = identity.versions.clone();
        Self { transport, defaults, proxies, cookies, credentials, versions, timeout, min_rate, clock }
    }

    /// Closes connections that nobody has used for too long.
    pub(super) fn sweep(&self) {
        self.transport.sweep();
    }

    /// The address of a request's host; none when nobody can tell.
    pub(super) async fn look_up(&self, request: &Request) -> Option<IpAddr> {
        self.transport.look_up(request.url()).await
    }

    /// Sends a request and waits for the head of its answer; notes in `fetch_info` what happens. Within the exchange's scope.
    ///
    /// # Errors
    /// When there is no head in time.
    pub(super) async fn ask(
        &self,
        request: &Request,
        exchange: &Exchange,
        fetch_info: &mut FetchInfo,
    ) -> Result<IncomingResponse, FetchError> {
        let proxy = self.proxies.choose(request)?;
        let mut setbacks = 0;
        loop {
            let losses = self.losses();
            let began = self.clock.mono();
            let deadline = began + request.timeout_value().unwrap_or(self.timeout.total);
            let question = OutgoingCall { request, proxy: proxy.as_ref(), exchange, deadline };
            let result = self.told(question, fetch_info).await;
            match self.setback(question, &result, losses) {
                Some(setback) if setbacks < MAX_SETBACKS => {
                    // Nobody is to blame, so it begins anew.
                    self.transport.wait_for_recovery(setback, setbacks).await;
                    setbacks += 1;
                }
                Some(_) | None => {
                    if let Some(proxy) = &proxy {
                        let status = result.as_ref().map(|answer| answer.head.status).map_err(Clone::clone);
                        self.proxies.report(request, proxy, began, status);
                    }
                    return result;
                }
            }
        }
    }

    /// How often this machine has lost its network: to be asked before a request, for [`Client::outlasts`].
    pub(super) fn losses(&self) -> u32 {
        self.transport.outages()
    }

    /// Waits for the network if that is what a request has failed of, which began after so many losses. Says whether it is:
    /// then nobody is to blame, and the request is to begin anew.
    pub(super) async fn outlasts(&self, request: &Request, error: &FetchError, losses: u32) -> bool {
        let is_cut_off = self.is_cut_off(request, error, losses);
        if is_cut_off {
            self.transport.wait_for_recovery(LocalFailure::Offline, 0).await;
        }
        is_cut_off
    }

    /// A request that was out when the network went never gets all of its answer.
    fn is_cut_off(&self, request: &Request, error: &FetchError, losses: u32) -> bool {
        error.is_transient() && request.is_repeatable() && self.transport.was_lost(losses)
    }

    /// What kept a request from being answered without being anybody's fault, if it may be sent again.
    fn setback(
        &self,
        asked: OutgoingCall<'_>,
        result: &Result<IncomingResponse, FetchError>,
        losses: u32,
    ) -> Option<LocalFailure> {
        let noted = asked.exchange.take_local_failure();
        let error = result.as_ref().err()?;
        noted.or_else(|| self.is_cut_off(asked.request, error, losses).then_some(LocalFailure::Offline))
    }

    /// As often as the server asks who it is, and there is another answer to that.
    async fn told(&self, asked: OutgoingCall<'_>, fetch_info: &mut FetchInfo) -> Result<IncomingResponse, FetchError> {
        let mut dialogue = self.credentials.begin(asked.request);
        loop {
            let answer = self.twice(asked, &dialogue, fetch_info).await?;
            if !self.credentials.hear(&mut dialogue, asked.request, &answer.head) {
                return Ok(answer);
            }
            answer.discard().await;
        }
    }

    /// Once, and once more if that is free.
    async fn twice(
        &self,
        asked: OutgoingCall<'_>,
        dialogue: &AuthSession,
        fetch_info: &mut FetchInfo,
    ) -> Result<IncomingResponse, FetchError> {
        let result = self.attempt(asked, dialogue, fetch_info).await;
        let is_closed = matches!(result, Err(FetchError::Reset(_)));
        if is_closed && asked.exchange.is_stale() && asked.request.method().is_repeatable() {
            // The server closed a connection that was kept just when it was to be used again: nobody's failure.
            return self.attempt(asked, dialogue, fetch_info).await;
        }
        result
    }

    async fn attempt(
        &self,
        asked: OutgoingCall<'_>,
        dialogue: &AuthSession,
        fetch_info: &mut FetchInfo,
    ) -> Result<IncomingResponse, FetchError> {
        let OutgoingCall { request, proxy, exchange, deadline } = asked;
        let now = self.clock.now();
        exchange.begin(now.mono, proxy.cloned());
        let sending = self.send(asked, dialogue, now.wall)?;
        let result = self.head(sending, exchange, deadline).await;
        fetch_info.started = exchange.started();
        fetch_info.requests += u32::from(fetch_info.started.is_some());
        fetch_info.address = exchange.peer().filter(|_| proxy.is_none()).map(|peer| peer.ip());
        let rest = result.map_err(|error| exchange.take_error().unwrap_or(error))?;
        let beginning = exchange.take_answer().ok_or_else(|| FetchError::Framing("no head".into()))?;
        let ResponseStart { head, body, is_whole } = beginning;
        fetch_info.status = Some(head.status);
        // One that comes through a tunnel is a server's.
        if head.status == 407 && proxy.is_some_and(|proxy| is_forwarded(request.url(), proxy)) {
            return Err(FetchError::Proxy("status 407: proxy refused the credentials".into()));
        }
        fetch_info.version = self.version(request, &head);
        let now = self.clock.now();
        let is_jar_changed = self.cookies.take(request, &head.headers, now.wall);
        let (clock, idle) = (self.clock, self.timeout.idle);
        let rate = Rate::at_least(self.min_rate, body.len(), now.mono);
        let is_proxied = proxy.is_some();
        Ok(IncomingResponse { head, is_jar_changed, is_proxied, body, is_whole, rest, clock, idle, deadline, rate })
    }

    /// Begins to send a request.
    ///
    /// # Errors
    /// [`FetchError::Request`] when HTTP cannot express it, [`FetchError::Guard`] when it must not go there.
    fn send(
        &self,
        asked: OutgoingCall<'_>,
        dialogue: &AuthSession,
        now: Wall,
    ) -> Result<SendClientRequest, FetchError> {
        let OutgoingCall { request, proxy, exchange, .. } = asked;
        let (url, proxy) = (request.url(), proxy.map(|proxy| &**proxy));
        match proxy {
            Some(_) => self.transport.check_proxied(url)?,
            None => self.transport.check(url)?,
        }
        let mut head = head(&self.defaults, request, proxy)?;
        self.cookies.add(&mut head, request, now);
        self.credentials.add(&mut head, request, dialogue);
        self.ask_for_change(&mut head, request);
        exchange.prepare(head);
        self.transport.send(url, proxy, body(request).unwrap_or_default())
    }

    /// Asks for another version than the one known, unless the request has conditions of its own (RFC 9110 section 13.1).
    fn ask_for_change(&self, head: &mut RequestHead, request: &Request) {
        let is_own = |(name, _): &(String, String)| name.to_ascii_lowercase().starts_with("if-");
        let may_ask = matches!(request.method(), Method::Get | Method::Head) && !request.headers().iter().any(is_own);
        if !may_ask || !request.asks_for_change() {
            return;
        }
        let Some(version) = self.versions.get(Fingerprint::from_request(request)) else { return };
        for (name, value) in version.fields() {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                head.push(&HeaderName::from_static(name), &value);
            }
        }
    }

    /// The version of an answer; that of the one before, where it says that there is no other.
    fn version(&self, request: &Request, head: &ResponseHead) -> Option<Box<(Fingerprint, Option<Version>)>> {
        if !self.versions.are_kept() || !matches!(head.status, 200..300 | 304) {
            return None;
        }
        let name = Fingerprint::from_request(request);
        let before = || self.versions.get(name).filter(|_| head.status == 304);
        Some(Box::new((name, Version::from_headers(&head.headers).or_else(before))))
    }

    /// Until the request is out the dialer keeps the time; from then on the first byte has its own.
    async fn head(
        &self,
        mut sending: SendClientRequest,
        exchange: &Exchange,
        deadline: Mono,
    ) -> Result<ClientResponse, FetchError> {
        // Whether the request was out when the timer was set: on a connection that was there already that happens once.
        let mut armed = None;
        let mut stage = Stage::Total;
        let mut timer = pin!(None);
        poll_fn(|cx| {
            if let Poll::Ready(result) = pin!(&mut sending).poll(cx) {
                return Poll::Ready(result.map_err(|error| explain(&error)));
            }
            let started = exchange.started();
            let is_out = started.is_some();
            if armed.replace(is_out) != Some(is_out) {
                let left = deadline.since(started.unwrap_or_else(|| self.clock.mono()));
                let (limit, limited) = match self.timeout.first_byte {
                    first_byte if is_out && first_byte < left => (first_byte, Stage::FirstByte),
                    _ => (left, Stage::Total),
                };
                stage = limited;
                timer.set(Some(sleep(limit)));
            }
            let timer = timer.as_mut().as_pin_mut();
            timer.map_or(Poll::Pending, |timer| timer.poll(cx)).map(|()| Err(FetchError::Timeout(stage)))
        })
        .await
    }
}

fn explain(error: &SendRequestError) -> FetchError {
    match error {
        SendRequestError::Url(_) | SendRequestError::Http(_) | SendRequestError::Body(_) => {
            FetchError::Request(text::from_error(error))
        }
        SendRequestError::Connect(ConnectError::Timeout) => FetchError::Timeout(Stage::Connect),
        SendRequestError::Connect(ConnectError::Disconnected) => FetchError::Reset("closed before the answer".into()),
        SendRequestError::Connect(error) => FetchError::Connect(text::from_error(error)),
        SendRequestError::Send(error) => FetchError::Reset(text::from_error(error)),
        SendRequestError::Timeout => FetchError::Timeout(Stage::FirstByte),
        // awc's error is not exhaustive.
        _ => FetchError::Framing(text::from_error(error)),
    }
}
