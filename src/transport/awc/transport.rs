//! awc over connections of our own.

use std::{cell::RefCell, net::IpAddr, rc::Rc, time::Duration};

use actix_http::body;
use awc::{
    Client, SendClientRequest,
    http::header::{HOST, HeaderValue},
};
use bytes::Bytes;
use url::Url;

use super::{connector::Connector, route};
use crate::{
    failure::FetchError,
    runtime::clock::Clock,
    transport::{
        connect::dialer::Dialer,
        options::TransportOptions,
        outage::{LocalFailure, NetworkMonitor},
        pool::IdlePool,
        proxy::Proxy,
    },
};

/// Connections closed beneath awc before its pool is renewed: awc keeps a few hundred bytes for each until then.
const MAX_CLOSED: usize = 4096;

/// Sends requests over awc. Belongs to one thread.
pub(crate) struct Transport {
    options: TransportOptions,
    idle_pool: Rc<IdlePool>,
    monitor: Rc<NetworkMonitor>,
    dialer: Rc<Dialer>,
    awc: RefCell<Client>,
}

impl Transport {
    /// A transport without connections.
    pub(crate) fn new(options: TransportOptions, clock: Clock) -> Self {
        let idle_pool = IdlePool::new(clock, options.keep_alive, options.idle);
        let monitor = Rc::new(NetworkMonitor::new(options.context.is_online));
        let dialer = Rc::new(Dialer::new(&options, monitor.clone()));
        let awc = RefCell::new(client(&options, Connector::new(dialer.clone(), idle_pool.clone())));
        Self { options, idle_pool, monitor, dialer, awc }
    }

    /// Starts to send the request whose head the [`Exchange`](super::exchange::Exchange) has, with this body. Must be
    /// called within the exchange's scope.
    ///
    /// # Errors
    /// [`FetchError::Request`] when awc cannot express where the request goes.
    pub(crate) fn send(&self, url: &Url, proxy: Option<&Proxy>, body: Bytes) -> Result<SendClientRequest, FetchError> {
        if self.idle_pool.has_closed(MAX_CLOSED) {
            let connector = Connector::new(self.dialer.clone(), self.idle_pool.clone());
            self.awc.replace(client(&self.options, connector));
        }
        // The framing replaces the head that awc writes; a `Host` of ours saves awc from building one.
        let mut request = self.awc.borrow().get(route::connection_uri(url, proxy)?).no_decompress();
        request.headers_mut().insert(HOST, HeaderValue::from_static("-"));
        Ok(if body.is_empty() { request.send_body(body::None::new()) } else { request.send_body(body) })
    }

    /// Checks what a URL tells before any connection. Addresses are checked when a connection is made.
    ///
    /// # Errors
    /// [`FetchError::Guard`] when its port is refused.
    pub(crate) fn check(&self, url: &Url) -> Result<(), FetchError> {
        self.options.context.guard.check_port(url)
    }

    /// Like [`check`](Self::check), for a request through a proxy, which connects wherever it is told to.
    ///
    /// # Errors
    /// [`FetchError::Guard`] when the port, or the address that the URL names, is refused.
    pub(crate) fn check_proxied(&self, url: &Url) -> Result<(), FetchError> {
        self.options.context.guard.check_port(url)?;
        self.options.context.guard.check_literal(url)
    }

    /// Looks up the address that a URL's host would be connected to first. `None` if the lookup fails.
    pub(crate) async fn look_up(&self, url: &Url) -> Option<IpAddr> {
        let found = self.dialer.look_up(url.host_str()?, url.port_or_known_default()?).await;
        found.ok().map(|address| address.ip())
    }

    /// Number of times this machine has lost its network.
    pub(crate) fn outages(&self) -> u32 {
        self.monitor.outages()
    }

    /// Returns true if the network is lost now, or was lost after `outages` outages. For a request that failed.
    pub(crate) fn was_lost(&self, outages: u32) -> bool {
        self.monitor.is_lost() || self.monitor.outages() != outages
    }

    /// Waits until a local failure may have passed; `times` counts the consecutive ones before. A shortage closes idle
    /// connections, so that their files serve the requests that wait.
    pub(crate) async fn wait_for_recovery(&self, failure: LocalFailure, times: u32) {
        match failure {
            LocalFailure::Shortage => self.idle_pool.close_all(),
            LocalFailure::Offline => {}
        }
        self.monitor.wait_for_recovery(failure, times).await;
    }

    /// Closes connections that have been idle for too long. Must be called from time to time.
    pub(crate) fn sweep(&self) {
        self.idle_pool.sweep();
    }
}

/// An awc client whose relevant defaults are all set: no limit on connections (leases limit them), no redirects, no headers
/// of its own, no time limit on requests (the Fetcher measures the time).
fn client(options: &TransportOptions, connector: Connector) -> Client {
    let connector = awc::Connector::new()
        .connector(connector)
        .limit(0)
        // The dialer enforces both limits; awc's own is a little longer than their sum.
        .timeout(options.dns.saturating_add(options.connect).saturating_add(Duration::from_secs(1)))
        // The idle pool closes connections.
        .conn_keep_alive(Duration::MAX)
        .conn_lifetime(Duration::MAX);
    Client::builder().connector(connector).disable_redirects().disable_timeout().no_default_headers().finish()
}
