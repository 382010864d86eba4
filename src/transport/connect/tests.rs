use std::{collections::HashMap, net::SocketAddr, rc::Rc, sync::Arc, time::Duration};

use futures_util::future::poll_immediate;
use rustls::{HandshakeKind, RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::{
    dialer::Dialer,
    dns::{Dns, tests::Names},
    guard::{AllowPrivate, Guard},
    happy_eyeballs::tests::Swallowing,
    socket::Socket,
    tls::{self, Tls},
};
use crate::{
    base::time::Mono,
    failure::{FetchError, Stage},
    runtime::clock::Clock,
    transport::{
        awc::{exchange::Exchange, route::connection_uri},
        outage::NetworkMonitor,
        proxy::Proxy,
    },
};

fn dialer(connect: Duration) -> Dialer {
    dialer_with(connect, &tls::Config::default())
}

fn dialer_with(connect: Duration, tls: &tls::Config) -> Dialer {
    let mut roots = RootCertStore::empty();
    roots.add(include_bytes!("../testdata/root.der").as_slice().into()).unwrap();
    let tls = Tls::trusting(roots, tls).unwrap();
    let guard = Arc::new(Guard::new(AllowPrivate::All, Vec::new()));
    let dns = Dns::new(&Default::default(), Duration::from_secs(5));
    Dialer { dns, connect, local: Vec::new(), guard, tls, monitor: Rc::new(NetworkMonitor::new(|| true)) }
}

/// Serves `localhost` by TLS. Every connection gets one byte: `r` if its session was resumed, otherwise `x`.
async fn server() -> u16 {
    server_with(&[]).await
}

/// Like [`server`], with these protocols to choose from (RFC 7301).
async fn server_with(protocols: &[&[u8]]) -> u16 {
    let certificate = include_bytes!("../testdata/localhost.der").as_slice().into();
    let key = PrivateKeyDer::try_from(include_bytes!("../testdata/localhost.key.der").as_slice()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    actix_rt::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((tcp, _)) = listener.accept().await {
            if let Ok(mut tls) = acceptor.accept(tcp).await {
                let is_resumed = tls.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
                tls.write_all(if is_resumed { b"r" } else { b"x" }).await.unwrap();
            }
        }
    });
    port
}

#[actix_rt::test]
async fn certificates_are_checked_against_the_host_name() {
    let (port, dialer) = (server().await, dialer(Duration::from_secs(5)));
    let mut socket = dialer.dial(&format!("http://tls@localhost:{port}/").parse().unwrap()).await.unwrap();
    assert_eq!(socket.read_u8().await.unwrap(), b'x');
    let error = dialer.dial(&format!("http://tls@127.0.0.1:{port}/").parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, FetchError::Tls(_)), "{error}");
    let unchecked = tls::Config { insecure: vec!["127.0.0.1".parse().unwrap()], ..tls::Config::default() };
    let dialer = dialer_with(Duration::from_secs(5), &unchecked);
    assert!(dialer.dial(&format!("http://tls@127.0.0.1:{port}/").parse().unwrap()).await.is_ok());
}

/// awc uses HTTP/2 only if TLS has negotiated `h2`. This test shows that TLS never does, so awc's h2 is unreachable.
#[actix_rt::test]
async fn http2_is_never_negotiated() {
    let dialer = dialer(Duration::from_secs(5));
    let dial = async |port| dialer.dial(&format!("http://tls@localhost:{port}/").parse().unwrap()).await;
    let both = dial(server_with(&[b"h2", b"http/1.1"]).await).await.unwrap();
    let Socket::Tls(stream) = &both else { panic!("{both:?}") };
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let error = dial(server_with(&[b"h2"]).await).await.unwrap_err();
    assert!(matches!(error, FetchError::Tls(_)), "{error}");
}

#[actix_rt::test]
async fn the_second_connection_to_a_host_resumes_its_session() {
    let port = server().await;
    let first = dialer(Duration::from_secs(5));
    // Another Fetcher, which shares the sessions.
    let second = Dialer { tls: first.tls.clone(), ..dialer(Duration::from_secs(5)) };
    for (dialer, handshake) in [(&first, b'x'), (&first, b'r'), (&second, b'r')] {
        let mut socket = dialer.dial(&format!("http://tls@localhost:{port}/").parse().unwrap()).await.unwrap();
        assert_eq!(socket.read_u8().await.unwrap(), handshake);
    }
}

#[actix_rt::test]
async fn a_handshake_without_an_answer_is_a_timeout() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://tls@{}/", silent.local_addr().unwrap()).parse().unwrap();
    let error = dialer(Duration::from_millis(20)).dial(&uri).await.unwrap_err();
    assert_eq!(error, FetchError::Timeout(Stage::Connect));
}

/// A proxy that tunnels to this machine only, for any host. The first bytes of a client decide the protocol.
async fn proxy() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    actix_rt::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut received = [0; 1024];
            let length = near.read(&mut received).await.unwrap();
            let port = if received.starts_with(b"CONNECT") {
                let text = String::from_utf8_lossy(&received[..length]).into_owned();
                near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                text.split_whitespace().nth(1).unwrap().rsplit_once(':').unwrap().1.parse().unwrap()
            } else {
                near.write_all(&[5, 0]).await.unwrap();
                let length = near.read(&mut received).await.unwrap();
                near.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
                u16::from_be_bytes([received[length - 2], received[length - 1]])
            };
            let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            // Ends when either side closes.
            tokio::io::copy_bidirectional(&mut near, &mut far).await.ok();
        }
    });
    address
}

#[actix_rt::test]
async fn tls_works_through_tunnels() {
    let (port, proxy) = (server().await, proxy().await);
    let mut dialer = dialer(Duration::from_secs(5));
    // The guard checks neither the proxy's address nor where the proxy connects to.
    dialer.guard = Arc::default();
    // A session is resumed only through the proxy it was made through.
    for (scheme, handshake) in [("http", b'x'), ("socks5", b'x'), ("http", b'r'), ("http://u:p@", b'x')] {
        let (scheme, user) = scheme.split_once("://").unwrap_or((scheme, ""));
        let proxy = Rc::new(Proxy::parse(&format!("{scheme}://{user}{proxy}")).unwrap());
        let url = format!("https://localhost:{port}/").parse().unwrap();
        let uri = connection_uri(&url, Some(&proxy)).unwrap();
        let exchange = Exchange::new(Clock::start());
        exchange.begin(Mono(0), Some(proxy));
        let mut socket = exchange.scope(dialer.dial(&uri)).await.unwrap();
        assert_eq!(socket.read_u8().await.unwrap(), handshake, "{scheme}");
    }
}

#[actix_rt::test]
async fn an_address_is_checked_after_every_lookup() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let names = Names::serve(HashMap::from([
        ("rebound.example", vec![(&["127.0.0.9"][..], 0), (&["127.0.0.1"][..], 0)]),
        ("several.example", vec![(&["10.0.0.1", "127.0.0.1", "127.0.0.9"][..], 60)]),
        ("families.example", vec![(&["::1", "::ffff:127.0.0.1", "127.0.0.9", "127.0.0.1"][..], 60)]),
        ("late.example", vec![(&["::ffff:127.0.0.1", "127.0.0.9"][..], 60)]),
    ]))
    .await;
    let mut dialer = dialer(Duration::from_secs(5));
    dialer.dns = Dns::new(&names.config, Duration::from_secs(5));
    let allowed = AllowPrivate::Listed(vec!["127.0.0.9".parse().unwrap()]);
    dialer.guard = Arc::new(Guard::new(allowed, Vec::new()));
    let uri = |name: &str| format!("http://{name}:{port}/").parse().unwrap();
    // The first address is admitted, but nothing listens there; the second one is refused.
    assert!(matches!(dialer.dial(&uri("rebound.example")).await, Err(FetchError::Connect(_))));
    assert!(matches!(dialer.dial(&uri("rebound.example")).await, Err(FetchError::Guard(_))));
    // Of several addresses only admitted ones are tried, even if these fail, also among those that arrive late.
    for name in ["several.example", "families.example", "late.example"] {
        assert!(matches!(dialer.dial(&uri(name)).await, Err(FetchError::Connect(_))), "{name}");
    }
    names.release().await;
    while dialer.dns.look_up("late.example").await.unwrap().len() < 2 {
        names.release().await;
    }
    assert!(matches!(dialer.dial(&uri("late.example")).await, Err(FetchError::Connect(_))));
    assert!(matches!(dialer.dial(&uri("127.0.0.1")).await, Err(FetchError::Guard(_))));
    // An address that never answers leaves time to try the others, and still they are not tried.
    let swallowing = Swallowing::at(&format!("127.0.0.9:{port}")).await;
    dialer.connect = Duration::from_secs(1);
    for name in ["several.example", "families.example"] {
        assert_eq!(dialer.dial(&uri(name)).await.unwrap_err(), FetchError::Timeout(Stage::Connect), "{name}");
    }
    drop(swallowing);
    assert!(poll_immediate(listener.accept()).await.is_none());
}
