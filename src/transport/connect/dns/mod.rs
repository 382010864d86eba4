//! Name lookup: hickory-resolver with the system's configuration and hosts file, and a cache per Fetcher.

pub(crate) mod config;
mod connections;
pub(crate) mod families;
#[cfg(test)]
pub(crate) mod tests;

use std::{cell::Cell, net::IpAddr, rc::Rc, time::Duration};

use futures_util::FutureExt as _;
use hickory_resolver::{
    Resolver,
    config::{ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts},
    net::NetError,
    proto::{ProtoError, rr::Name},
    system_conf::read_system_conf,
};
use tokio::time::timeout;

pub(crate) use self::config::{Config, Server};
use self::connections::Connections;
use self::families::{FamilyAddresses, PendingLookup};
use crate::{base::text, failure::FetchError};

/// Maximum number of cached answers per family, negative ones included.
const CACHE: u64 = 4096;

/// Maximum number of concurrent queries per family and server.
const MAX_QUERIES: usize = 128;

/// Maximum number of lookups that continue after their deadline, only to fill the cache.
const MAX_LATE: u32 = 32;

/// Looks up names.
pub(crate) struct Dns {
    /// If there is no resolver: the error of every lookup.
    families: Result<Families, FetchError>,
    /// Time limit of a lookup.
    limit: Duration,
    /// Number of lookups that continue only to fill the cache.
    late: Rc<Cell<u32>>,
}

/// A resolver per address family: a family without an answer must not delay the other.
struct Families {
    v4: Resolver<Connections>,
    v6: Resolver<Connections>,
}

impl Dns {
    /// A resolver whose lookups take at most `limit`.
    pub(crate) fn new(config: &Config, limit: Duration) -> Self {
        let families = Families::new(config, limit).map_err(|error| FetchError::Dns(text::from_error(&error)));
        Self { families, limit, late: Rc::default() }
    }

    /// Returns the addresses of a name, at least one, of both families if they arrive in time, IPv6 first.
    ///
    /// A name with a dot is complete. Others may be completed by the system's search domains.
    ///
    /// # Errors
    /// If there is no address, or no answer in time.
    pub(crate) async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, FetchError> {
        let families = self.families.as_ref().map_err(Clone::clone)?;
        let name = query_name(name).map_err(|error| FetchError::Dns(text::from_error(&error)))?;
        let (mut v4, mut v6) = (lookup(&families.v4, &name), lookup(&families.v6, &name));
        let found = FamilyAddresses::look_up(&mut v4, &mut v6, self.limit).await;
        if found.is_without_v6() {
            self.finish(v6);
        }
        found.addresses()
    }

    /// Continues a late lookup in the background, so that its answer gets into the cache.
    fn finish(&self, lookup: PendingLookup) {
        if self.late.get() >= MAX_LATE {
            return;
        }
        self.late.set(self.late.get() + 1);
        let (late, limit) = (self.late.clone(), self.limit);
        actix_rt::spawn(async move {
            // The next lookup gets the answer, or the error.
            timeout(limit, lookup).await.ok();
            late.set(late.get() - 1);
        });
    }
}

/// Returns a name as queried. Its labels are not checked, as in browsers: the URL parser has accepted them.
fn query_name(name: &str) -> Result<Name, ProtoError> {
    let labels = name.strip_suffix('.').unwrap_or(name).split('.').map(str::as_bytes);
    let mut query = Name::from_labels(labels)?;
    query.set_fqdn(name.contains('.'));
    Ok(query)
}

fn lookup(resolver: &Resolver<Connections>, name: &Name) -> PendingLookup {
    let (resolver, name) = (resolver.clone(), name.clone());
    async move { resolver.lookup_ip(name).await }.boxed_local()
}

impl Families {
    fn new(config: &Config, limit: Duration) -> Result<Self, NetError> {
        let v4 = resolver(config, limit, LookupIpStrategy::Ipv4Only)?;
        Ok(Self { v4, v6: resolver(config, limit, LookupIpStrategy::Ipv6Only)? })
    }
}

fn resolver(config: &Config, limit: Duration, family: LookupIpStrategy) -> Result<Resolver<Connections>, NetError> {
    // Without configured servers there still is the hosts file.
    let (system, mut options) = read_system_conf().unwrap_or_else(|error| {
        log::debug!(error:%; "no DNS servers in the system's configuration");
        (ResolverConfig::default(), ResolverOpts::default())
    });
    let (domain, search, mut servers) = system.into_parts();
    if !config.servers.is_empty() {
        servers = config.servers.iter().map(server).collect();
    }
    tune(&mut options, config, limit);
    options.ip_strategy = family;
    let builder =
        Resolver::builder_with_config(ResolverConfig::from_parts(domain, search, servers), Connections::new(limit));
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
    // `Connections` repeats a query within this one attempt.
    options.timeout = limit;
    options.attempts = 0;
    options.cache_size = CACHE;
    options.max_active_requests = MAX_QUERIES;
    options.positive_max_ttl = Some(config.max_ttl);
    options.negative_max_ttl = Some(config.max_negative_ttl);
}
