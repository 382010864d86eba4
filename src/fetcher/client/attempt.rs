//! One attempt of a request: sends it, and waits for the head of the response.

use std::{future::poll_fn, pin::pin, task::Poll};

use awc::{
    ClientResponse, SendClientRequest,
    error::{ConnectError, SendRequestError},
    http::header::{HeaderName, HeaderValue},
};
use tokio::time::sleep;

use super::{
    Client, OutgoingCall,
    auth::AuthSession,
    request::{body, head},
    response::{IncomingResponse, Rate},
};
use crate::{
    base::{
        text,
        time::{Mono, Wall},
    },
    failure::{FetchError, Stage},
    http::{
        request::{Method, Request, fingerprint::Fingerprint},
        validators::Version,
    },
    messages::lease::FetchInfo,
    transport::{Exchange, RequestHead, ResponseHead, ResponseStart, is_forwarded},
};

impl Client {
    /// Sends a request once and waits for the head of the response.
    ///
    /// # Errors
    /// If no head arrives in time.
    pub(super) async fn attempt(
        &self,
        call: OutgoingCall<'_>,
        session: &AuthSession,
        fetch_info: &mut FetchInfo,
    ) -> Result<IncomingResponse, FetchError> {
        let OutgoingCall { request, proxy, exchange, deadline } = call;
        let now = self.clock.now();
        exchange.begin(now.mono, proxy.cloned());
        let sending = self.send(call, session, now.wall)?;
        let result = self.wait_for_head(sending, exchange, deadline).await;
        fetch_info.started = exchange.started();
        fetch_info.requests += u32::from(fetch_info.started.is_some());
        fetch_info.address = exchange.peer().filter(|_| proxy.is_none()).map(|peer| peer.ip());
        let rest = result.map_err(|error| exchange.take_error().unwrap_or(error))?;
        let start = exchange.take_answer().ok_or_else(|| FetchError::Framing("response without a head".into()))?;
        let ResponseStart { head, body, is_whole } = start;
        fetch_info.status = Some(head.status);
        // A 407 through a tunnel comes from the server, not from the proxy.
        if head.status == 407 && proxy.is_some_and(|proxy| is_forwarded(request.url(), proxy)) {
            return Err(FetchError::Proxy("status 407: proxy refused the credentials".into()));
        }
        fetch_info.version = self.validators_of(request, &head);
        let now = self.clock.now();
        let is_jar_changed = self.cookies.take(request, &head.headers, now.wall);
        let (clock, idle) = (self.clock, self.config.timeout.idle);
        let rate = Rate::at_least(self.config.min_rate.0, body.len(), now.mono);
        let is_proxied = proxy.is_some();
        Ok(IncomingResponse { head, is_jar_changed, is_proxied, body, is_whole, rest, clock, idle, deadline, rate })
    }

    /// Starts to send a request.
    ///
    /// # Errors
    /// [`FetchError::Request`] if HTTP cannot express it, [`FetchError::Guard`] if its address is forbidden.
    fn send(&self, call: OutgoingCall<'_>, session: &AuthSession, now: Wall) -> Result<SendClientRequest, FetchError> {
        let OutgoingCall { request, proxy, exchange, .. } = call;
        let (url, proxy) = (request.url(), proxy.map(|proxy| &**proxy));
        match proxy {
            Some(_) => self.transport.check_proxied(url)?,
            None => self.transport.check(url)?,
        }
        let mut head = head(&self.defaults, request, proxy)?;
        self.cookies.add(&mut head, request, now);
        self.credentials.add(&mut head, request, session);
        self.add_conditions(&mut head, request);
        exchange.prepare(head);
        self.transport.send(url, proxy, body(request).unwrap_or_default())
    }

    /// Adds the validators of the known version, unless the request has its own conditions (RFC 9110 section 13.1).
    fn add_conditions(&self, head: &mut RequestHead, request: &Request) {
        let is_condition = |(name, _): &(String, String)| name.to_ascii_lowercase().starts_with("if-");
        let may_add =
            matches!(request.method(), Method::Get | Method::Head) && !request.headers().iter().any(is_condition);
        if !may_add || !request.asks_for_change() {
            return;
        }
        let Some(version) = self.validators.get(Fingerprint::from_request(request)) else { return };
        for (name, value) in version.fields() {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                head.push(&HeaderName::from_static(name), &value);
            }
        }
    }

    /// Returns the validators of a response; after status 304, those of the response before if it has none.
    fn validators_of(&self, request: &Request, head: &ResponseHead) -> Option<Box<(Fingerprint, Option<Version>)>> {
        if !self.validators.are_kept() || !matches!(head.status, 200..300 | 304) {
            return None;
        }
        let fingerprint = Fingerprint::from_request(request);
        let before = || self.validators.get(fingerprint).filter(|_| head.status == 304);
        Some(Box::new((fingerprint, Version::from_headers(&head.headers).or_else(before))))
    }

    /// Waits for the head of the response.
    ///
    /// The connector has its own timeouts. Once the request is sent, `timeout.first_byte` applies.
    async fn wait_for_head(
        &self,
        mut sending: SendClientRequest,
        exchange: &Exchange,
        deadline: Mono,
    ) -> Result<ClientResponse, FetchError> {
        // Whether the request had been sent when the timer was set. On a kept connection the timer is set only once.
        let mut timer_set_for = None;
        let mut stage = Stage::Total;
        let mut timer = pin!(None);
        poll_fn(|cx| {
            if let Poll::Ready(result) = pin!(&mut sending).poll(cx) {
                return Poll::Ready(result.map_err(|error| fetch_error(&error)));
            }
            let started = exchange.started();
            let is_sent = started.is_some();
            if timer_set_for.replace(is_sent) != Some(is_sent) {
                let left = deadline.since(started.unwrap_or_else(|| self.clock.mono()));
                let (limit, limited_by) = match self.config.timeout.first_byte {
                    first_byte if is_sent && first_byte < left => (first_byte, Stage::FirstByte),
                    _ => (left, Stage::Total),
                };
                stage = limited_by;
                timer.set(Some(sleep(limit)));
            }
            let timer = timer.as_mut().as_pin_mut();
            timer.map_or(Poll::Pending, |timer| timer.poll(cx)).map(|()| Err(FetchError::Timeout(stage)))
        })
        .await
    }
}

/// Converts an error of awc.
fn fetch_error(error: &SendRequestError) -> FetchError {
    match error {
        SendRequestError::Url(_) | SendRequestError::Http(_) | SendRequestError::Body(_) => {
            FetchError::Request(text::from_error(error))
        }
        SendRequestError::Connect(ConnectError::Timeout) => FetchError::Timeout(Stage::Connect),
        SendRequestError::Connect(ConnectError::Disconnected) => {
            FetchError::Reset("connection closed before the response".into())
        }
        SendRequestError::Connect(error) => FetchError::Connect(text::from_error(error)),
        SendRequestError::Send(error) => FetchError::Reset(text::from_error(error)),
        SendRequestError::Timeout => FetchError::Timeout(Stage::FirstByte),
        // The enum is not exhaustive.
        _ => FetchError::Framing(text::from_error(error)),
    }
}
