//! Making connections: name, address, TCP, TLS.

use std::{
    io,
    net::SocketAddr,
    rc::Rc,
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

use super::{
    Options, TLS_MARK, exchange,
    framing::Framing,
    keep::{Keeper, Kept},
    socket::Socket,
    tls, words,
};
use crate::outcome::{FetchError, Stage};

/// Addresses of one name that are tried, at most.
const MAX_ADDRESSES: usize = 8;

/// Makes awc's connections.
#[derive(Clone)]
pub(super) struct Dialer(Rc<Inner>);

struct Inner {
    dns: Duration,
    connect: Duration,
    keeper: Rc<Keeper>,
    /// The error is what every request for https gets.
    tls: Result<TlsConnector, FetchError>,
}

impl Dialer {
    /// A dialer of connections that `keeper` keeps.
    pub(super) fn new(options: &Options, keeper: Rc<Keeper>) -> Self {
        let tls = tls::config().map(TlsConnector::from).map_err(|error| FetchError::Tls(words(&error)));
        Self(Rc::new(Inner { dns: options.dns, connect: options.connect, keeper, tls }))
    }
}

impl Service<ConnectInfo<Uri>> for Dialer {
    type Response = Connection<Uri, Framing<Kept>>;
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
                Ok(socket) => Ok(Connection::new(uri, Framing::new(Kept::new(socket, inner.keeper.clone())))),
                Err(error) => {
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
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let tls = if authority.starts_with(TLS_MARK) { Some(self.tls.as_ref().map_err(Clone::clone)?) } else { None };
        let port = uri.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
        let addresses = timeout(self.dns, look_up(host, port)).await.map_err(|_| FetchError::Timeout(Stage::Dns))??;
        let connected = timeout(self.connect, async {
            let tcp = connect(&addresses, self.connect).await?;
            match tls {
                Some(tls) => secure(tls, host, tcp).await,
                None => Ok(Socket::Plain(tcp)),
            }
        });
        connected.await.unwrap_or(Err(FetchError::Timeout(Stage::Connect)))
    }
}

async fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, FetchError> {
    let found = tokio::net::lookup_host((host, port)).await.map_err(|error| FetchError::Dns(words(&error)))?;
    let addresses: Vec<_> = found.take(MAX_ADDRESSES).collect();
    if addresses.is_empty() {
        return Err(FetchError::Dns("no address".into()));
    }
    Ok(addresses)
}

/// Tries one address after the other; each but the last may use half of the time that is left, so that one that swallows
/// packets does not use up all of it.
async fn connect(addresses: &[SocketAddr], mut left: Duration) -> Result<TcpStream, FetchError> {
    let mut failure = FetchError::Timeout(Stage::Connect);
    for (index, address) in addresses.iter().enumerate() {
        let is_last = index + 1 == addresses.len();
        let share = if is_last { left } else { left / 2 };
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => {
                // Without it a request in two writes waits for the peer; a socket that refuses still works.
                tcp.set_nodelay(true).ok();
                return Ok(tcp);
            }
            Ok(Err(error)) => failure = FetchError::Connect(words(&error)),
            Err(_) => left = left.saturating_sub(share),
        }
    }
    Err(failure)
}

async fn secure(tls: &TlsConnector, host: &str, tcp: TcpStream) -> Result<Socket, FetchError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| FetchError::Tls(words(&error)))?;
    let stream = tls.connect(name, tcp).await.map_err(|error| FetchError::Tls(words(&error)))?;
    Ok(Socket::Tls(Box::new(stream)))
}
