//! The HTTP client of a Fetcher, on top of the transport: failures of this machine, proxies, credentials, cookies.
//!
//! | file or folder | contents |
//! |---|---|
//! | `mod` | [`Client`]: sends a request until it has a response or a failure |
//! | `attempt` | one attempt, up to the head of the response |
//! | `request`, `response`, `body` | the head to send, the response, reading its body |
//! | `body_memory` | memory for bodies, in the order of their start |
//! | `auth/`, `cookies`, `proxy/` | credentials, cookie jars, proxies |
//! | `retry_after` | the header field `Retry-After` |

mod attempt;
pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod body_memory;
pub(crate) mod cookies;
pub(crate) mod proxy;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod retry_after;

use std::{net::IpAddr, rc::Rc, sync::Arc};

use self::{
    auth::Credentials,
    cookies::Cookies,
    proxy::{Environment, Proxies},
    request::Defaults,
    response::IncomingResponse,
};
use super::{Config, Identity, Timeouts};
use crate::{
    base::time::Mono,
    failure::FetchError,
    http::{request::Request, validators::ValidatorCache},
    messages::lease::FetchInfo,
    runtime::clock::Clock,
    transport::{Exchange, LocalFailure, NetworkContext, Proxy, Transport, TransportOptions},
};

/// Maximum number of consecutive local failures to wait out: about ten minutes.
const MAX_LOCAL_FAILURES: u32 = 100;

/// Sends requests to servers.
pub(super) struct Client {
    transport: Transport,
    defaults: Defaults,
    proxies: Proxies,
    cookies: Cookies,
    credentials: Arc<Credentials>,
    validators: ValidatorCache,
    config: Arc<Config>,
    clock: Clock,
}

/// A request with everything needed to send it, once or again.
#[derive(Clone, Copy)]
struct OutgoingCall<'a> {
    request: &'a Request,
    proxy: Option<&'a Rc<Proxy>>,
    exchange: &'a Exchange,
    /// End of the total timeout.
    deadline: Mono,
}

impl Client {
    /// Creates a client with its own connections. `fetchers` is the number of clients that share `fetcher.idle`.
    pub(super) fn new(
        config: Arc<Config>,
        identity: &Identity,
        network: NetworkContext,
        fetchers: usize,
        clock: Clock,
    ) -> Self {
        let Timeouts { dns, connect, .. } = config.timeout;
        let idle = config.idle.div_ceil(fetchers.max(1));
        let (keep_alive, local) = (config.keep_alive, config.local_address.clone());
        let options = TransportOptions { dns, connect, keep_alive, idle, context: network, local };
        let transport = Transport::new(options, clock);
        let defaults = Defaults::new(&config, &identity.user_agent);
        let proxies = Proxies::new(&config.proxies, Environment::from_process(), clock);
        let (cookies, credentials) = (identity.cookies.clone(), identity.credentials.clone());
        let validators = identity.validators.clone();
        Self { transport, defaults, proxies, cookies, credentials, validators, config, clock }
    }

    /// Closes connections that have been idle for too long.
    pub(super) fn sweep(&self) {
        self.transport.sweep();
    }

    /// Looks up the address of a request's host. `None` if the lookup fails.
    pub(super) async fn look_up(&self, request: &Request) -> Option<IpAddr> {
        self.transport.look_up(request.url()).await
    }

    /// Sends a request and waits for the head of the response, and records what happens in `fetch_info`.
    ///
    /// Must be called in the scope of the exchange. Failures of this machine are waited out.
    ///
    /// # Errors
    /// If no head arrives in time.
    pub(super) async fn send_request(
        &self,
        request: &Request,
        exchange: &Exchange,
        fetch_info: &mut FetchInfo,
    ) -> Result<IncomingResponse, FetchError> {
        let proxy = self.proxies.choose(request)?;
        let mut local_failures = 0;
        loop {
            let outages = self.outages();
            let began = self.clock.mono();
            let deadline = began + request.timeout_value().unwrap_or(self.config.timeout.total);
            let call = OutgoingCall { request, proxy: proxy.as_ref(), exchange, deadline };
            let result = self.send_authenticated(call, fetch_info).await;
            match self.local_failure(call, &result, outages) {
                Some(failure) if local_failures < MAX_LOCAL_FAILURES => {
                    // Neither server nor proxy caused it, so it does not count as an attempt.
                    self.transport.wait_for_recovery(failure, local_failures).await;
                    local_failures += 1;
                }
                Some(_) | None => {
                    let is_stale = result.as_ref().err().is_some_and(|error| self.was_stale(request, exchange, error));
                    if let Some(proxy) = proxy.as_ref().filter(|_| !is_stale) {
                        let status = result.as_ref().map(|response| response.head.status).map_err(Clone::clone);
                        self.proxies.report(request, proxy, began, status);
                    }
                    return result;
                }
            }
        }
    }

    /// Returns how often this machine has lost its network, for [`Client::retry_after_outage`].
    pub(super) fn outages(&self) -> u32 {
        self.transport.outages()
    }

    /// Returns true if this machine has no network now.
    pub(super) fn has_lost_network(&self) -> bool {
        self.transport.was_lost(self.transport.outages())
    }

    /// Waits for the network if a request failed because this machine lost it. `outages` is the number before the request.
    ///
    /// Returns true if that was the cause. Then the request must be sent again, which does not count as an attempt.
    pub(super) async fn retry_after_outage(&self, request: &Request, error: &FetchError, outages: u32) -> bool {
        let lost_network = self.lost_network(request, error, outages);
        if lost_network {
            self.transport.wait_for_recovery(LocalFailure::Offline, 0).await;
        }
        lost_network
    }

    /// Returns true if the network was lost while the request was being sent or answered.
    fn lost_network(&self, request: &Request, error: &FetchError, outages: u32) -> bool {
        error.is_transient() && request.is_repeatable() && self.transport.was_lost(outages)
    }

    /// Returns the failure of this machine that made a request fail, if the request may be sent again.
    fn local_failure(
        &self,
        call: OutgoingCall<'_>,
        result: &Result<IncomingResponse, FetchError>,
        outages: u32,
    ) -> Option<LocalFailure> {
        let reported = call.exchange.take_local_failure();
        let error = result.as_ref().err()?;
        reported.or_else(|| self.lost_network(call.request, error, outages).then_some(LocalFailure::Offline))
    }

    /// Sends a request, and sends it again when the server challenges it and the credentials have an answer.
    async fn send_authenticated(
        &self,
        call: OutgoingCall<'_>,
        fetch_info: &mut FetchInfo,
    ) -> Result<IncomingResponse, FetchError> {
        let mut session = self.credentials.begin(call.request);
        loop {
            let response = self.attempt(call, &session, fetch_info).await?;
            if !self.credentials.handle_response(&mut session, call.request, &response.head) {
                return Ok(response);
            }
            response.discard().await;
        }
    }

    /// Returns true if a request failed because the server had closed the kept connection, which is not a failure of the
    /// server. Then the request may be sent again.
    pub(super) fn was_stale(&self, request: &Request, exchange: &Exchange, error: &FetchError) -> bool {
        matches!(error, FetchError::Reset(_)) && exchange.is_stale() && request.method().is_repeatable()
    }
}
