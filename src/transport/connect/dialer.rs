//! Connects to the server of a URL: name, address, TCP, proxy tunnel, TLS.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use awc::http::Uri;
use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::{dns::Dns, guard::Guard, happy_eyeballs::connect, socket::Socket, tls::Tls, tunnel};
use crate::{
    base::text,
    failure::{FetchError, Stage},
    transport::{
        awc::{
            exchange,
            route::{Route, RouteTag},
        },
        options::{NetworkContext, TransportOptions},
        outage::{LocalFailure, NetworkMonitor},
    },
};

/// Makes connections for one transport.
pub(crate) struct Dialer {
    pub(super) dns: Dns,
    pub(super) connect: Duration,
    /// Addresses to connect from; empty: the system chooses.
    pub(super) local: Vec<IpAddr>,
    pub(super) guard: Arc<Guard>,
    pub(super) tls: Tls,
    pub(super) monitor: Rc<NetworkMonitor>,
}

impl Dialer {
    /// A dialer with these settings.
    pub(crate) fn new(options: &TransportOptions, monitor: Rc<NetworkMonitor>) -> Self {
        let TransportOptions { connect, local, context, .. } = options.clone();
        let NetworkContext { guard, names, tls, .. } = context;
        Self { dns: Dns::new(&names, options.dns), connect, local, guard, tls, monitor }
    }

    /// Looks up the address that a connection would try first.
    ///
    /// # Errors
    /// If there is no address, or no answer in time.
    pub(crate) async fn look_up(&self, host: &str, port: u16) -> Result<SocketAddr, FetchError> {
        let found = self.addresses(host, port).await?;
        // Names of one machine share its IPv4 address, whatever family each is reached by: the address groups them.
        let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
        first.copied().ok_or_else(|| FetchError::Dns("no address".into()))
    }

    /// Connects as a URL of [`connection_uri`](crate::transport::awc::route::connection_uri) says.
    ///
    /// # Errors
    /// If the connection cannot be made in time, or the guard refuses every address.
    pub(crate) async fn connect(&self, uri: &Uri) -> Result<Socket, FetchError> {
        self.dial(uri).await.inspect_err(|error| self.note_outage(error))
    }
}

impl Dialer {
    pub(super) async fn dial(&self, uri: &Uri) -> Result<Socket, FetchError> {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let tag = RouteTag::read(uri);
        let port = uri.port_u16().unwrap_or(if tag.is_secure { 443 } else { 80 });
        let proxy = match tag.route {
            Route::Direct => None,
            Route::Forward | Route::Tunnel => {
                Some(exchange::proxy().ok_or(FetchError::Proxy("no proxy is set".into()))?)
            }
        };
        let addresses = match &proxy {
            None => self.admitted(host, port, self.addresses(host, port).await?)?,
            Some(proxy) => {
                let (host, port) = proxy.address();
                self.addresses(host, port).await.map_err(|error| FetchError::Proxy(text::from_error(&error)))?
            }
        };
        exchange::with_current(exchange::Exchange::resolved);
        let connected = timeout(self.connect, async {
            let mut tcp = connect(addresses, &self.local).await.map_err(|error| unconnected(&error, tag.route))?;
            exchange::with_current(exchange::Exchange::reached);
            if let (Route::Tunnel, Some(proxy)) = (tag.route, &proxy) {
                tunnel::open(&mut tcp, proxy, host, port).await?;
            }
            if !tag.is_secure {
                return Ok(Socket::Plain(tcp));
            }
            let secured = secure(self.tls.connector(host, proxy.as_deref()), host, tcp).await;
            secured.inspect(|_| exchange::with_current(exchange::Exchange::secured))
        });
        connected.await.unwrap_or(Err(FetchError::Timeout(Stage::Connect)))
    }

    /// Notes that a failure is not the server's if this machine has no network.
    fn note_outage(&self, error: &FetchError) {
        let may_be_ours = match error {
            FetchError::Dns(_) | FetchError::Connect(_) | FetchError::Proxy(_) | FetchError::Timeout(_) => true,
            FetchError::Guard(_)
            | FetchError::Tls(_)
            | FetchError::Reset(_)
            | FetchError::Framing(_)
            | FetchError::Truncated
            | FetchError::Status(_)
            | FetchError::Request(_) => false,
        };
        if may_be_ours && self.monitor.is_lost() {
            exchange::with_current(|exchange| exchange.local_failure(LocalFailure::Offline));
        }
    }

    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, FetchError> {
        let addresses = match host.parse() {
            Ok(address) => vec![address],
            Err(_) => self.dns.look_up(host).await?,
        };
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    /// Returns the addresses that the guard admits.
    ///
    /// # Errors
    /// If it admits none.
    fn admitted(&self, host: &str, port: u16, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, FetchError> {
        let check = |address: SocketAddr| self.guard.check(host, port, address.ip()).map(|()| address);
        let (admitted, refused): (Vec<_>, Vec<_>) = addresses.into_iter().map(check).partition(Result::is_ok);
        match refused.into_iter().next() {
            Some(Err(error)) if admitted.is_empty() => Err(error),
            Some(_) | None => Ok(admitted.into_iter().flatten().collect()),
        }
    }
}

/// The error for a TCP connection that failed: the server's, or the proxy's.
fn unconnected(error: &io::Error, route: Route) -> FetchError {
    if let Some(failure) = LocalFailure::from_io(error) {
        exchange::with_current(|exchange| exchange.local_failure(failure));
    }
    match route {
        Route::Direct => FetchError::Connect(text::from_error(error)),
        Route::Forward | Route::Tunnel => FetchError::Proxy(text::from_error(error)),
    }
}

async fn secure(tls: TlsConnector, host: &str, tcp: TcpStream) -> Result<Socket, FetchError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| FetchError::Tls(text::from_error(&error)))?;
    let stream = tls.connect(name, tcp).await.map_err(|error| FetchError::Tls(text::from_error(&error)))?;
    Ok(Socket::Tls(Box::new(stream)))
}
