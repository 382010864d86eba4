//! A bare tokio-rustls client: a connection, a handshake, one request, and the answer.

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

use crate::{Result, load::Asker, server::WORD};

/// The root of the tests' certificates (ECDSA P-256).
pub(crate) const ROOT: &[u8] = include_bytes!("../../src/transport/testdata/root.der");

pub(crate) struct Bare {
    connector: TlsConnector,
    name: ServerName<'static>,
    port: u16,
}

impl Bare {
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

impl Asker for Bare {
    async fn ask(&self) -> Result<usize> {
        // Where `localhost` leads the crawler, in the same order: IPv6 takes the system a little longer.
        let addresses = [IpAddr::from(Ipv6Addr::LOCALHOST), Ipv4Addr::LOCALHOST.into()];
        let addresses = addresses.map(|address| SocketAddr::new(address, self.port));
        let tcp = TcpStream::connect(&addresses[..]).await?;
        tcp.set_nodelay(true)?;
        let mut tls = self.connector.connect(self.name.clone(), tcp).await?;
        tls.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\nuser-agent: bare\r\n\r\n").await?;
        let mut answer = Vec::with_capacity(1024);
        tls.read_to_end(&mut answer).await?;
        Ok(if answer.ends_with(WORD) { WORD.len() } else { 0 })
    }

    fn wanted(&self) -> usize {
        WORD.len()
    }
}
