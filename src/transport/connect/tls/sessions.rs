//! Sessions that can be resumed, kept apart by the way they were made: a server that sees one again knows who comes, and a
//! proxy is there so that it does not.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use rustls::{ClientConfig, client::Resumption};
use tokio_rustls::TlsConnector;

use crate::base::locks::lock;

/// Sessions that can be resumed for each way, at most: eight for each of as many servers as that makes.
const SESSIONS: usize = 1024;

/// Ways whose sessions are kept, at most; another one takes the place of that used longest ago.
const MAX_WAYS: usize = 64;

/// The proxy, by its number, that stands between; none: directly from this machine.
pub(crate) type Via = Option<u64>;

/// Connectors that are the same but for the sessions that they resume. All that have a clone share them.
#[derive(Clone)]
pub(crate) struct Connectors {
    base: ClientConfig,
    /// Those used last stand last: at most [`MAX_WAYS`].
    ways: Arc<Mutex<VecDeque<(Via, TlsConnector)>>>,
}

impl Connectors {
    /// Connectors by this configuration, without any sessions yet.
    pub(crate) fn new(base: ClientConfig) -> Self {
        Self { base, ways: Arc::default() }
    }

    /// The connector for a way.
    pub(crate) fn via(&self, via: Via) -> TlsConnector {
        let mut ways = lock(&self.ways);
        let place = ways.iter().position(|(known, _)| *known == via);
        let known = place.and_then(|place| ways.remove(place));
        let (_, connector) = known.unwrap_or_else(|| (via, self.made()));
        while ways.len() >= MAX_WAYS {
            ways.pop_front();
        }
        ways.push_back((via, connector.clone()));
        connector
    }

    fn made(&self) -> TlsConnector {
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
    fn each_way_has_its_own_and_few_are_kept() {
        let base = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
        let connectors = Connectors::new(base.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
        let is_same = |one: &TlsConnector, other: &TlsConnector| Arc::ptr_eq(one.config(), other.config());
        let (direct, first) = (connectors.via(None), connectors.via(Some(1)));
        assert!(!is_same(&direct, &first) && is_same(&first, &connectors.via(Some(1))));
        assert!(is_same(&direct, &connectors.clone().via(None)));
        for proxy in 2..=MAX_WAYS as u64 {
            connectors.via(Some(proxy));
            assert!(is_same(&direct, &connectors.via(None)));
        }
        assert!(!is_same(&first, &connectors.via(Some(1))));
    }
}
