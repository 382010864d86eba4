//! TLS sessions that can be resumed, kept apart per proxy.
//!
//! A server recognises a resumed session. Through a proxy it must not recognise the machine behind it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use rustls::{ClientConfig, client::Resumption};
use tokio_rustls::TlsConnector;

use crate::base::locks::lock;

/// Maximum number of sessions per proxy. rustls keeps up to eight per server.
const SESSIONS: usize = 1024;

/// Maximum number of proxies whose sessions are kept. The one unused for longest is dropped.
const MAX_PROXIES: usize = 64;

/// Number of the proxy in between; `None` for direct connections.
pub(crate) type Via = Option<u64>;

/// Connectors that differ only in their sessions. Clones share them.
#[derive(Clone)]
pub(crate) struct Connectors {
    base: ClientConfig,
    /// At most [`MAX_PROXIES`], last used last.
    connectors: Arc<Mutex<VecDeque<(Via, TlsConnector)>>>,
}

impl Connectors {
    /// Connectors with this configuration and no sessions.
    pub(crate) fn new(base: ClientConfig) -> Self {
        Self { base, connectors: Arc::default() }
    }

    /// Returns the connector for a proxy.
    pub(crate) fn via(&self, via: Via) -> TlsConnector {
        let mut connectors = lock(&self.connectors);
        let index = connectors.iter().position(|(known, _)| *known == via);
        let known = index.and_then(|index| connectors.remove(index));
        let (_, connector) = known.unwrap_or_else(|| (via, self.without_sessions()));
        while connectors.len() >= MAX_PROXIES {
            connectors.pop_front();
        }
        connectors.push_back((via, connector.clone()));
        connector
    }

    fn without_sessions(&self) -> TlsConnector {
        let mut config = self.base.clone();
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Arc::new(config).into()
    }
}

#[cfg(test)]
mod tests {
    use rustls::RootCertStore;

    use super::*;
    use crate::transport::connect::tls::provider;

    #[test]
    fn each_proxy_has_its_own_sessions_and_few_are_kept() {
        let base = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
        let connectors = Connectors::new(base.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
        let is_same = |one: &TlsConnector, other: &TlsConnector| Arc::ptr_eq(one.config(), other.config());
        let (direct, first) = (connectors.via(None), connectors.via(Some(1)));
        assert!(!is_same(&direct, &first) && is_same(&first, &connectors.via(Some(1))));
        assert!(is_same(&direct, &connectors.clone().via(None)));
        for proxy in 2..=MAX_PROXIES as u64 {
            connectors.via(Some(proxy));
            assert!(is_same(&direct, &connectors.via(None)));
        }
        assert!(!is_same(&first, &connectors.via(Some(1))));
    }
}
