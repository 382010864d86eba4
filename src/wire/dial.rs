//! Making connections: name, address, TCP, TLS.

use std::{
    io,
    net::SocketAddr,
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

use super::{
    Options, TLS_MARK, exchange,
    framing::Framing,
    guard::Guard,
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
    guard: Arc<Guard>,
    keeper: Rc<Keeper>,
    /// The error is what every request for https gets.
    tls: Result<TlsConnector, FetchError>,
}

impl Dialer {
    /// A dialer of connections that `keeper` keeps.
    pub(super) fn new(options: &Options, keeper: Rc<Keeper>) -> Self {
        let tls = tls::config().map(TlsConnector::from).map_err(|error| FetchError::Tls(words(&error)));
        let guard = options.guard.clone();
        Self(Rc::new(Inner { dns: options.dns, connect: options.connect, guard, keeper, tls }))
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
        let addresses = self.admitted(host, port, addresses)?;
        exchange::tell(exchange::Exchange::resolved);
        let connected = timeout(self.connect, async {
            let tcp = connect(&addresses, self.connect).await?;
            exchange::tell(exchange::Exchange::reached);
            match tls {
                Some(tls) => secure(tls, host, tcp).await.inspect(|_| exchange::tell(exchange::Exchange::secured)),
                None => Ok(Socket::Plain(tcp)),
            }
        });
        connected.await.unwrap_or(Err(FetchError::Timeout(Stage::Connect)))
    }

    /// The addresses that may be connected to.
    ///
    /// # Errors
    /// When none may.
    fn admitted(&self, host: &str, port: u16, mut addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, FetchError> {
        let mut refusal = Ok(());
        addresses.retain(|address| {
            let checked = self.guard.check(host, port, address.ip());
            let is_admitted = checked.is_ok();
            refusal = checked.or(refusal.clone());
            is_admitted
        });
        if addresses.is_empty() { refusal.map(|()| addresses) } else { Ok(addresses) }
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

#[cfg(test)]
mod tests {
    use rustls::{RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::{clock::Clock, wire::AllowPrivate};

    fn inner(connect: Duration) -> Inner {
        let mut roots = RootCertStore::empty();
        roots.add(include_bytes!("testdata/root.der").as_slice().into()).unwrap();
        let tls = Ok(tls::trusting(roots).unwrap().into());
        let guard = Arc::new(Guard::new(AllowPrivate::All, Vec::new()));
        Inner { dns: Duration::from_secs(5), connect, guard, keeper: Keeper::new(Clock::start(), connect, 1), tls }
    }

    /// Serves `localhost` by TLS: every connection gets one byte.
    async fn server() -> u16 {
        let certificate = include_bytes!("testdata/localhost.der").as_slice().into();
        let key = PrivateKeyDer::try_from(include_bytes!("testdata/localhost.key.der").as_slice()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        actix_rt::spawn(async move {
            let acceptor = TlsAcceptor::from(Arc::new(config));
            while let Ok((tcp, _)) = listener.accept().await {
                if let Ok(mut tls) = acceptor.accept(tcp).await {
                    tls.write_all(b"x").await.unwrap();
                }
            }
        });
        port
    }

    #[actix_rt::test]
    async fn tls_is_for_the_name_asked() {
        let (port, inner) = (server().await, inner(Duration::from_secs(5)));
        let mut socket = inner.dial(&format!("http://tls@localhost:{port}/").parse().unwrap()).await.unwrap();
        assert_eq!(socket.read_u8().await.unwrap(), b'x');
        let error = inner.dial(&format!("http://tls@127.0.0.1:{port}/").parse().unwrap()).await.unwrap_err();
        assert!(matches!(error, FetchError::Tls(_)), "{error}");
    }

    #[actix_rt::test]
    async fn a_handshake_without_an_answer_is_a_timeout() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://tls@{}/", silent.local_addr().unwrap()).parse().unwrap();
        let error = inner(Duration::from_millis(20)).dial(&uri).await.unwrap_err();
        assert_eq!(error, FetchError::Timeout(Stage::Connect));
    }

    #[actix_rt::test]
    async fn the_next_address_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        assert!(connect(&[closed, open], Duration::from_secs(5)).await.is_ok());
        assert!(matches!(connect(&[closed], Duration::from_secs(5)).await, Err(FetchError::Connect(_))));
    }
}
