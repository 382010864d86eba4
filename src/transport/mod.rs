//! The room of the transport: what lies beneath awc, bytes in and bytes out.
//!
//! awc keeps what it is good at, its client API, pool and HTTP/1.1 codec; here the connection is made, and every head is
//! seen before awc sees it, because awc alone takes early hints for answers, length-less bodies for empty ones and cut
//! ones for whole ones. TLS lies in here too, below the framing: awc is only ever asked for `http://`, and an authority
//! with a mark before it (`route`) is dialled with TLS.
//!
//! - `dial`: making connections, of what these do: `dns` looks up names, `connect` connects to one of several addresses.
//! - `proxy`, `route`, `tunnel`: which proxies there are, when they are asked for whole URLs, and the way through them.
//! - `guard`: which addresses and ports are connected to.
//! - `tls`: rustls with webpki roots and those of the configuration; HTTP/1.1 only.
//! - `framing`: the connection as awc sees it.
//! - `keep`: connections without a request, and their end.
//! - `head`: what a response head says about its body.
//! - `weather`: what is this machine's own fault, and waited out.
//! - `outgoing`: the head of a request.
//! - `exchange`: what transport and Fetcher tell each other past awc.

pub(crate) mod awc;
#[cfg(feature = "measure")]
#[doc(hidden)]
pub mod bare;
pub(crate) mod connect;
pub(crate) mod http1;
pub(crate) mod outage;
pub(crate) mod pool;
pub(crate) mod proxy;

use std::{cell::RefCell, net::IpAddr, rc::Rc, sync::Arc, time::Duration};

use ::awc::{
    SendClientRequest,
    http::header::{HOST, HeaderValue},
};
use actix_http::body;
use bytes::Bytes;
use url::Url;

pub use crate::urls::host_pattern::HostPattern;
pub(crate) use awc::exchange::{Exchange, ResponseStart, Timings};
pub(crate) use awc::route::{is_forwarded, target};
pub use connect::guard::{AllowPrivate, Allowed};
pub(crate) use connect::guard::{Guard, is_local};
pub(crate) use connect::tls::Tls;
pub(crate) use http1::request_head::{Fields, RequestHead};
pub(crate) use http1::response_head::ResponseHead;
pub(crate) use outage::{LocalFailure, is_online};
pub(crate) use proxy::Proxy;

use self::{connect::Dialer, outage::NetworkMonitor, pool::IdlePool};
use crate::{failure::FetchError, runtime::clock::Clock};

/// Connections closed below awc's pool before it is renewed: until then it keeps a few hundred bytes for each.
const RENEWAL: usize = 4096;

/// What the transports of a crawl share.
#[derive(Clone, Debug)]
pub(crate) struct NetworkContext {
    /// Which addresses are connected to.
    pub(crate) guard: Arc<Guard>,
    /// How names are looked up.
    pub(crate) names: connect::dns::Config,
    /// How connections are secured.
    pub(crate) tls: Tls,
    /// Whether this machine can reach anything.
    pub(crate) is_online: fn() -> bool,
}

/// Limits of the transport.
#[derive(Clone, Debug)]
pub(crate) struct TransportOptions {
    /// For looking up a name.
    pub(crate) dns: Duration,
    /// For connecting, TLS included, once the name is looked up.
    pub(crate) connect: Duration,
    /// How long a connection without a request is kept.
    pub(crate) keep_alive: Duration,
    /// How many are kept.
    pub(crate) idle: usize,
    /// What it shares with the other transports.
    pub(crate) outside: NetworkContext,
    /// Addresses to connect from, one of each family at most; without any the system chooses.
    pub(crate) local: Vec<IpAddr>,
}

/// awc over connections of its own. Belongs to one thread.
pub(crate) struct Transport {
    options: TransportOptions,
    keeper: Rc<IdlePool>,
    weather: Rc<NetworkMonitor>,
    dialer: Dialer,
    awc: RefCell<::awc::Client>,
}

impl Transport {
    /// No connections yet.
    pub(crate) fn new(options: TransportOptions, clock: Clock) -> Self {
        let keeper = IdlePool::new(clock, options.keep_alive, options.idle);
        let weather = Rc::new(NetworkMonitor::new(options.outside.is_online));
        let dialer = Dialer::new(&options, keeper.clone(), weather.clone());
        let awc = RefCell::new(client(&options, dialer.clone()));
        Self { options, keeper, weather, dialer, awc }
    }

    /// Begins to send the request of which the [`Exchange`] has the head, with this body: within the exchange's scope.
    ///
    /// # Errors
    /// [`FetchError::Request`] when awc cannot express where it goes.
    pub(crate) fn send(&self, url: &Url, proxy: Option<&Proxy>, body: Bytes) -> Result<SendClientRequest, FetchError> {
        if self.keeper.has_closed(RENEWAL) {
            self.awc.replace(client(&self.options, self.dialer.clone()));
        }
        // What awc writes is replaced; a host of its own is spared it.
        let mut request = self.awc.borrow().get(awc::route::place(url, proxy)?).no_decompress();
        request.headers_mut().insert(HOST, HeaderValue::from_static("-"));
        Ok(if body.is_empty() { request.send_body(body::None::new()) } else { request.send_body(body) })
    }

    /// Checks what can be told of a URL before any connection, which is one made already or is checked when it is made.
    ///
    /// # Errors
    /// [`FetchError::Guard`] when its port is refused.
    pub(crate) fn check(&self, url: &Url) -> Result<(), FetchError> {
        self.options.outside.guard.check_port(url)
    }

    /// The same behind a proxy, which connects where it is told to.
    ///
    /// # Errors
    /// [`FetchError::Guard`] when its port, or the address it names, is refused.
    pub(crate) fn check_proxied(&self, url: &Url) -> Result<(), FetchError> {
        self.options.outside.guard.check_port(url)?;
        self.options.outside.guard.check_literal(url)
    }

    /// The address that a URL's host would be connected to at first; none when that cannot be told.
    pub(crate) async fn look_up(&self, url: &Url) -> Option<IpAddr> {
        let found = self.dialer.look_up(url.host_str()?, url.port_or_known_default()?).await;
        found.ok().map(|address| address.ip())
    }

    /// How often this machine has lost its network.
    pub(crate) fn losses(&self) -> u32 {
        self.weather.losses()
    }

    /// Whether the network is lost, or was since there were so many losses: to be asked when something failed.
    pub(crate) fn was_lost(&self, losses: u32) -> bool {
        self.weather.is_lost() || self.weather.losses() != losses
    }

    /// Waits until a setback has passed, or may have; `times` is how often one came in a row before. Connections without a
    /// request give way to those that want one.
    pub(crate) async fn wait_out(&self, setback: LocalFailure, times: u32) {
        match setback {
            LocalFailure::Shortage => self.keeper.close_all(),
            LocalFailure::Offline => {}
        }
        self.weather.pass(setback, times).await;
    }

    /// Closes connections that nobody has used for too long; to be called now and then.
    pub(crate) fn sweep(&self) {
        self.keeper.sweep();
    }
}

/// An awc client with each of awc's defaults that matters set: no limit on connections (leases limit them), no redirects,
/// no headers of its own, no time limit on requests (the Fetcher keeps the time).
fn client(options: &TransportOptions, dialer: Dialer) -> ::awc::Client {
    let connector = ::awc::Connector::new()
        .connector(dialer)
        .limit(0)
        // The dialer keeps its two limits itself; this is awc's own, a little beyond both.
        .timeout(options.dns.saturating_add(options.connect).saturating_add(Duration::from_secs(1)))
        // The keeper closes connections.
        .conn_keep_alive(Duration::MAX)
        .conn_lifetime(Duration::MAX);
    ::awc::Client::builder().connector(connector).disable_redirects().disable_timeout().no_default_headers().finish()
}

/// The longest text of an error that is kept, in characters.
const MAX_WORDS: usize = 200;

/// An error's words, short enough for logs and reports.
pub(crate) fn message(error: &(impl std::fmt::Display + ?Sized)) -> Arc<str> {
    let text = error.to_string();
    let end = text.char_indices().nth(MAX_WORDS).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default().into()
}
