//! Names: hickory-resolver with the system's configuration and hosts file, and a cache for each Fetcher.

mod config;

use std::{io, net::IpAddr, time::Duration};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::Name,
    system_conf::read_system_conf,
};
use tokio::time::timeout;

pub(crate) use self::config::{Config, Server};
use super::{Setback, exchange, words};
use crate::outcome::{FetchError, Stage};

/// Answers kept, at most, positive and negative ones together.
const CACHE: u64 = 8192;

/// Questions to one server under way at the same time.
const MAX_QUESTIONS: usize = 256;

/// Looks up names.
pub(super) struct Dns {
    /// The error is what every lookup gets.
    resolver: Result<TokioResolver, FetchError>,
    /// For one lookup.
    limit: Duration,
}

impl Dns {
    /// A resolver whose lookups take up to `limit`.
    pub(super) fn new(config: &Config, limit: Duration) -> Self {
        Self { resolver: resolver(config, limit).map_err(|error| FetchError::Dns(words(&error))), limit }
    }

    /// The addresses of a name, at least one; of both families as far as it has them. A name with a dot in it is taken as
    /// it is; others may be completed as the system does it.
    ///
    /// # Errors
    /// When it has none, or there is no answer in time.
    pub(super) async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, FetchError> {
        let resolver = self.resolver.as_ref().map_err(Clone::clone)?;
        let mut asked = Name::from_ascii(name).map_err(|error| FetchError::Dns(words(&error)))?;
        if name.contains('.') {
            asked.set_fqdn(true);
        }
        let found =
            timeout(self.limit, resolver.lookup_ip(asked)).await.map_err(|_| FetchError::Timeout(Stage::Dns))?;
        let addresses: Vec<_> = found.map_err(|error| explain(&error))?.iter().collect();
        if addresses.is_empty() {
            return Err(FetchError::Dns("no address".into()));
        }
        Ok(addresses)
    }
}

fn explain(error: &NetError) -> FetchError {
    match error {
        NetError::Io(io) => {
            note_shortage(io);
            FetchError::Dns(words(error))
        }
        NetError::Timeout => FetchError::Timeout(Stage::Dns),
        _ if error.is_nx_domain() => FetchError::Dns("no such name".into()),
        _ if error.is_no_records_found() => FetchError::Dns("no address".into()),
        _ => FetchError::Dns(words(error)),
    }
}

/// A lookup needs a file, too.
fn note_shortage(error: &io::Error) {
    if let Some(setback) = Setback::of(error) {
        exchange::tell(|exchange| exchange.set_back(setback));
    }
}

fn resolver(config: &Config, limit: Duration) -> Result<TokioResolver, NetError> {
    // A machine without servers still has its hosts file.
    let (system, mut options) = read_system_conf().unwrap_or_else(|error| {
        log::debug!(error:%; "no DNS servers in the system's configuration");
        Default::default()
    });
    let (domain, search, mut servers) = system.into_parts();
    if !config.servers.is_empty() {
        servers = config.servers.iter().map(server).collect();
    }
    tune(&mut options, config, limit);
    let builder = TokioResolver::builder_with_config(
        ResolverConfig::from_parts(domain, search, servers),
        TokioRuntimeProvider::default(),
    );
    builder.with_options(options).build()
}

fn server(Server(address): &Server) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}

fn tune(options: &mut ResolverOpts, config: &Config, limit: Duration) {
    // Each question twice in the time there is.
    options.timeout = limit / 2;
    options.attempts = 1;
    options.ip_strategy = LookupIpStrategy::Ipv6AndIpv4;
    options.cache_size = CACHE;
    options.max_active_requests = MAX_QUESTIONS;
    options.positive_max_ttl = Some(config.max_ttl);
    options.negative_max_ttl = Some(config.max_negative_ttl);
}

#[cfg(test)]
pub(super) mod tests;
