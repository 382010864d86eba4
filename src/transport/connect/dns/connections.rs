//! Connections to name servers.
//!
//! hickory's own repeat a query over UDP three times per attempt. These send it twice, so that a lookup (one query per
//! family) asks a silent server at most four times.

use std::{future::Future, net::IpAddr, net::SocketAddr, pin::Pin, time::Duration};

use hickory_resolver::{
    ConnectionProvider, PoolContext,
    config::{ConnectionConfig, ProtocolConfig},
    net::{NetError, runtime::TokioRuntimeProvider, udp::UdpClientStream, xfer::DnsExchange},
};

/// Number of times that a query is sent over UDP.
const SENDS: u8 = 2;

/// Connections that send each query over UDP at most twice.
#[derive(Clone)]
pub(super) struct Connections {
    runtime: TokioRuntimeProvider,
    /// Minimum time between the two.
    pause: Duration,
}

impl Connections {
    /// Creates connections for lookups that take at most `limit`.
    pub(super) fn new(limit: Duration) -> Self {
        Self { runtime: TokioRuntimeProvider::default(), pause: (limit / 3).min(Duration::from_secs(1)) }
    }
}

impl ConnectionProvider for Connections {
    type Conn = DnsExchange<TokioRuntimeProvider>;
    type FutureConn = Pin<Box<dyn Future<Output = Result<Self::Conn, NetError>> + Send + 'static>>;
    type RuntimeProvider = TokioRuntimeProvider;

    fn new_connection(
        &self,
        ip: IpAddr,
        config: &ConnectionConfig,
        context: &PoolContext,
    ) -> Result<Self::FutureConn, NetError> {
        if !matches!(config.protocol, ProtocolConfig::Udp) {
            return self.runtime.new_connection(ip, config, context);
        }
        let builder = UdpClientStream::builder(SocketAddr::new(ip, config.port), self.runtime.clone())
            .with_timeout(Some(context.options.timeout))
            .with_os_port_selection(context.options.os_port_selection)
            .avoid_local_ports(context.options.avoid_local_udp_ports.clone())
            .with_bind_addr(config.bind_addr)
            .with_max_retries(SENDS)
            .with_retry_interval_floor(u64::try_from(self.pause.as_millis()).unwrap_or(u64::MAX));
        Ok(Box::pin(async move { Ok(builder.exchange()) }))
    }

    fn runtime_provider(&self) -> &TokioRuntimeProvider {
        &self.runtime
    }
}
