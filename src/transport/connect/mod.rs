//! Making connections: name, address, TCP, TLS.

pub(crate) mod dns;
pub(crate) mod guard;
pub(crate) mod happy_eyeballs;
pub(crate) mod socket;
#[cfg(test)]
mod tests;
pub(crate) mod tls;
pub(crate) mod tunnel;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_service::Service;
use actix_tls::connect::{ConnectError, ConnectInfo, Connection};
use awc::http::Uri;
use futures_util::future::LocalBoxFuture;
use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use self::{dns::Dns, guard::Guard, happy_eyeballs::connect, socket::Socket};
use super::{
    NetworkContext, Tls, TransportOptions,
    awc::{
        exchange,
        route::{Route, RouteTag},
    },
    http1::framing::Framing,
    message,
    outage::{LocalFailure, NetworkMonitor},
    pool::{IdlePool, PooledStream},
};
use crate::failure::{FetchError, Stage};

/// Makes awc's connections.
#[derive(Clone)]
pub(crate) struct Dialer(Rc<Inner>);

struct Inner {
    dns: Dns,
    connect: Duration,
    /// Addresses to connect from, if not whatever the system chooses.
    local: Vec<IpAddr>,
    guard: Arc<Guard>,
    tls: Tls,
    keeper: Rc<IdlePool>,
    weather: Rc<NetworkMonitor>,
}

impl Dialer {
    /// A dialer of connections that `keeper` keeps.
    pub(crate) fn new(options: &TransportOptions, keeper: Rc<IdlePool>, weather: Rc<NetworkMonitor>) -> Self {
        let TransportOptions { connect, local, outside, .. } = options.clone();
        let NetworkContext { guard, names, tls, .. } = outside;
        let dns = Dns::new(&names, options.dns);
        Self(Rc::new(Inner { dns, connect, local, guard, tls, keeper, weather }))
    }
}

impl Dialer {
    /// The address that would be connected to first.
    ///
    /// # Errors
    /// When there is none, or no answer in time.
    pub(crate) async fn look_up(&self, host: &str, port: u16) -> Result<SocketAddr, FetchError> {
        let found = self.0.look_up(host, port).await?;
        // Names of one machine share its IPv4 address whatever family each is reached by, so that one tells them apart.
        let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
        first.copied().ok_or_else(|| FetchError::Dns("no address".into()))
    }
}

impl Service<ConnectInfo<Uri>> for Dialer {
    type Response = Connection<Uri, Framing<PooledStream>>;
    type Error = ConnectError;
    type Future = LocalBoxFuture<'static, Result<Self::Response, ConnectError>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, target: ConnectInfo<Uri>) -> Self::Future {
        let inner = self.0.clone();
        Box::pin(async move {
            let uri = target.request().clone();
            match inner.dial(&uri).await {
                Ok(socket) => Ok(Connection::new(uri, Framing::new(PooledStream::new(socket, inner.keeper.clone())))),
                Err(error) => {
                    inner.note_loss(&error);
                    let io = io::Error::other(error.clone());
                    exchange::tell(|exchange| exchange.failed(error));
                    Err(ConnectError::Io(io))
                }
            }
        })
    }
}

impl Inner {
    async fn dial(&self, uri: &Uri) -> Result<Socket, FetchError> {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let mark = RouteTag::read(uri);
        let port = uri.port_u16().unwrap_or(if mark.is_secure { 443 } else { 80 });
        let way = match mark.way {
            Route::Direct => None,
            Route::Forward | Route::Tunnel => Some(exchange::proxy().ok_or(FetchError::Proxy("there is none".into()))?),
        };
        let addresses = match &way {
            None => self.admitted(host, port, self.look_up(host, port).await?)?,
            Some(proxy) => {
                let (host, port) = proxy.place();
                self.look_up(host, port).await.map_err(|error| FetchError::Proxy(message(&error)))?
            }
        };
        exchange::tell(exchange::Exchange::resolved);
        let connected = timeout(self.connect, async {
            let mut tcp = connect(addresses, &self.local).await.map_err(|error| unconnected(&error, mark.way))?;
            exchange::tell(exchange::Exchange::reached);
            if let (Route::Tunnel, Some(proxy)) = (mark.way, &way) {
                tunnel::open(&mut tcp, proxy, host, port).await?;
            }
            if !mark.is_secure {
                return Ok(Socket::Plain(tcp));
            }
            let secured = secure(self.tls.connector(host, way.as_deref()), host, tcp).await;
            secured.inspect(|_| exchange::tell(exchange::Exchange::secured))
        });
        connected.await.unwrap_or(Err(FetchError::Timeout(Stage::Connect)))
    }

    /// A failure is nobody's when there is no network.
    fn note_loss(&self, error: &FetchError) {
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
        if may_be_ours && self.weather.is_lost() {
            exchange::tell(|exchange| exchange.set_back(LocalFailure::Offline));
        }
    }

    async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, FetchError> {
        let addresses = match host.parse() {
            Ok(address) => vec![address],
            Err(_) => self.dns.look_up(host).await?,
        };
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    /// The addresses that may be connected to.
    ///
    /// # Errors
    /// When none may.
    fn admitted(&self, host: &str, port: u16, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, FetchError> {
        let check = |address: SocketAddr| self.guard.check(host, port, address.ip()).map(|()| address);
        let (admitted, refused): (Vec<_>, Vec<_>) = addresses.into_iter().map(check).partition(Result::is_ok);
        match refused.into_iter().next() {
            Some(Err(error)) if admitted.is_empty() => Err(error),
            Some(_) | None => Ok(admitted.into_iter().flatten().collect()),
        }
    }
}

/// What it means that nobody could be connected to on this way.
fn unconnected(error: &io::Error, way: Route) -> FetchError {
    if let Some(setback) = LocalFailure::of(error) {
        exchange::tell(|exchange| exchange.set_back(setback));
    }
    match way {
        Route::Direct => FetchError::Connect(message(error)),
        Route::Forward | Route::Tunnel => FetchError::Proxy(message(error)),
    }
}

async fn secure(tls: TlsConnector, host: &str, tcp: TcpStream) -> Result<Socket, FetchError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| FetchError::Tls(message(&error)))?;
    let stream = tls.connect(name, tcp).await.map_err(|error| FetchError::Tls(message(&error)))?;
    Ok(Socket::Tls(Box::new(stream)))
}
