//! A bare tokio-rustls client: a connection, a handshake, one request, and the response.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::{Result, load::Requester, server::SHORT_BODY};

/// The root of the tests' certificates (ECDSA P-256).
pub(crate) const ROOT: &[u8] = include_bytes!("../../src/transport/testdata/root.der");

/// The client.
pub(crate) struct Rustls {
    connector: TlsConnector,
    name: ServerName<'static>,
    port: u16,
}

impl Rustls {
    pub(crate) fn new(port: u16) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(ROOT.into())?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connector: Arc::new(config).into(), name: ServerName::try_from("localhost")?, port })
    }
}

impl Requester for Rustls {
    async fn request(&self) -> Result<usize> {
        // The addresses of `localhost`, in the order in which the crawler tries them: IPv6 costs the system a little more.
        let addresses = [IpAddr::from(Ipv6Addr::LOCALHOST), Ipv4Addr::LOCALHOST.into()];
        let addresses = addresses.map(|address| SocketAddr::new(address, self.port));
        let tcp = TcpStream::connect(&addresses[..]).await?;
        tcp.set_nodelay(true)?;
        let mut tls = self.connector.connect(self.name.clone(), tcp).await?;
        tls.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\nuser-agent: bare\r\n\r\n").await?;
        let mut response = Vec::with_capacity(1024);
        tls.read_to_end(&mut response).await?;
        Ok(if response.ends_with(SHORT_BODY) { SHORT_BODY.len() } else { 0 })
    }

    fn expected(&self) -> usize {
        SHORT_BODY.len()
    }
}
