//! The server. It is cheap: it does not look at what is requested.

use std::{io, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::PrivateKeyDer,
    server::{NoServerSessionStorage, ServerSessionMemoryCache},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use crate::Result;

/// Length of the page, in bytes.
pub(crate) const PAGE_LENGTH: usize = 10 << 10;

/// The body over TLS: short, because the handshake is what counts.
pub(crate) const SHORT_BODY: &[u8] = b"secured";

/// Serves until the process is killed. Prints three ports: HTTP, which keeps connections; TLS with full and with resumed
/// handshakes, which closes each connection after its response.
pub(crate) async fn serve() -> Result<()> {
    let (plain, full, resuming) = (listener().await?, listener().await?, listener().await?);
    println!("{} {} {}", port(&plain)?, port(&full)?, port(&resuming)?);
    let page = [&head(PAGE_LENGTH, "keep-alive")[..], &[b'x'; PAGE_LENGTH]].concat();
    let body = [&head(SHORT_BODY.len(), "close")[..], SHORT_BODY].concat();
    actix_rt::spawn(secured(full, acceptor(Tickets::None)?, body.clone()));
    actix_rt::spawn(secured(resuming, acceptor(Tickets::Some)?, body));
    loop {
        let (mut tcp, _) = plain.accept().await?;
        tcp.set_nodelay(true)?;
        let page = page.clone();
        actix_rt::spawn(async move {
            while respond(&mut tcp, &page).await? {}
            io::Result::Ok(())
        });
    }
}

fn head(length: usize, connection: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nServer: nginx/1.24.0\r\nDate: Tue, 24 Nov 2026 10:00:00 GMT\r\n\
         Content-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n\
         Last-Modified: Mon, 23 Nov 2026 10:00:00 GMT\r\nETag: \"5e0f7a-2800\"\r\nAccept-Ranges: bytes\r\n\
         Connection: {connection}\r\n\r\n"
    )
    .into_bytes()
}

/// Returns a listener, on IPv6 too if the system has it: `localhost` may mean IPv6 first.
async fn listener() -> io::Result<TcpListener> {
    match TcpListener::bind("[::]:0").await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind("127.0.0.1:0").await,
    }
}

fn port(listener: &TcpListener) -> io::Result<u16> {
    Ok(listener.local_addr()?.port())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tickets {
    None,
    Some,
}

fn acceptor(tickets: Tickets) -> Result<TlsAcceptor> {
    let certificate = include_bytes!("../../src/transport/testdata/localhost.der").as_slice().into();
    let key = PrivateKeyDer::try_from(include_bytes!("../../src/transport/testdata/localhost.key.der").as_slice())?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    match tickets {
        Tickets::None => {
            config.send_tls13_tickets = 0;
            config.session_storage = Arc::new(NoServerSessionStorage {});
        }
        Tickets::Some => config.session_storage = ServerSessionMemoryCache::new(1 << 16),
    }
    Ok(Arc::new(config).into())
}

async fn secured(listener: TcpListener, acceptor: TlsAcceptor, body: Vec<u8>) -> io::Result<()> {
    loop {
        let (tcp, _) = listener.accept().await?;
        tcp.set_nodelay(true)?;
        let (acceptor, body) = (acceptor.clone(), body.clone());
        actix_rt::spawn(async move {
            let mut tls = acceptor.accept(tcp).await?;
            respond(&mut tls, &body).await?;
            tls.shutdown().await
        });
    }
}

/// Responds to one request. Returns false if the client has closed the connection.
async fn respond(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<bool> {
    let mut request = Vec::with_capacity(1024);
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(false);
        }
    }
    stream.write_all(bytes).await?;
    stream.flush().await?;
    Ok(true)
}
