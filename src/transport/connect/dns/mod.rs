//! Names: hickory-resolver with the system's configuration and hosts file, and a cache for each Fetcher.

pub(crate) mod config;
pub(crate) mod families;
#[cfg(test)]
pub(crate) mod tests;

use std::{cell::Cell, net::IpAddr, rc::Rc, time::Duration};

use futures_util::FutureExt as _;
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::{ProtoError, rr::Name},
    system_conf::read_system_conf,
};
use tokio::time::timeout;

pub(crate) use self::config::{Config, Server};
use self::families::{FamilyAddresses, Part};
use crate::{base::text, failure::FetchError};

/// Answers of a family kept, at most, positive and negative ones together.
const CACHE: u64 = 4096;

/// Questions for a family to one server under way at the same time.
const MAX_QUESTIONS: usize = 128;

/// Answers that come too late for their lookup and are waited for all the same, for the cache, at most.
const MAX_LATE: u32 = 32;

/// Looks up names.
pub(crate) struct Dns {
    /// The error is what every lookup gets.
    families: Result<Families, FetchError>,
    /// For one lookup.
    limit: Duration,
    /// Answers under way for the cache only.
    late: Rc<Cell<u32>>,
}

/// A resolver for each family: they are asked at the same time, and one that gets no answer must not hold up the other.
struct Families {
    v4: TokioResolver,
    v6: TokioResolver,
}

impl Dns {
    /// A resolver whose lookups take up to `limit`.
    pub(crate) fn new(config: &Config, limit: Duration) -> Self {
        let families = Families::new(config, limit).map_err(|error| FetchError::Dns(text::of_error(&error)));
        Self { families, limit, late: Rc::default() }
    }

    /// The addresses of a name, at least one; of both families as far as it has them and they come in time, IPv6 first. A
    /// name with a dot in it is taken as it is; others may be completed as the system does it.
    ///
    /// # Errors
    /// When it has none, or there is no answer in time.
    pub(crate) async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, FetchError> {
        let families = self.families.as_ref().map_err(Clone::clone)?;
        let asked = asked(name).map_err(|error| FetchError::Dns(text::of_error(&error)))?;
        let (mut v4, mut v6) = (part(&families.v4, &asked), part(&families.v6, &asked));
        let found = FamilyAddresses::of(&mut v4, &mut v6, self.limit).await;
        if found.is_without_v6() {
            self.finish(v6);
        }
        found.addresses()
    }

    /// Lets an answer that nobody waits for any more come into the cache.
    fn finish(&self, part: Part) {
        if self.late.get() >= MAX_LATE {
            return;
        }
        self.late.set(self.late.get() + 1);
        let (late, limit) = (self.late.clone(), self.limit);
        actix_rt::spawn(async move {
            // Whoever asks next gets it, or its error.
            timeout(limit, part).await.ok();
            late.set(late.get() - 1);
        });
    }
}

/// A name as it is asked for. Its labels are taken as they are, as by browsers: what a host may be is the URL's affair.
fn asked(name: &str) -> Result<Name, ProtoError> {
    let labels = name.strip_suffix('.').unwrap_or(name).split('.').map(str::as_bytes);
    let mut asked = Name::from_labels(labels)?;
    asked.set_fqdn(name.contains('.'));
    Ok(asked)
}

fn part(resolver: &TokioResolver, asked: &Name) -> Part {
    let (resolver, asked) = (resolver.clone(), asked.clone());
    async move { resolver.lookup_ip(asked).await }.boxed_local()
}

impl Families {
    fn new(config: &Config, limit: Duration) -> Result<Self, NetError> {
        let v4 = resolver(config, limit, LookupIpStrategy::Ipv4Only)?;
        Ok(Self { v4, v6: resolver(config, limit, LookupIpStrategy::Ipv6Only)? })
    }
}

fn resolver(config: &Config, limit: Duration, family: LookupIpStrategy) -> Result<TokioResolver, NetError> {
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
    options.ip_strategy = family;
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
    options.cache_size = CACHE;
    options.max_active_requests = MAX_QUESTIONS;
    options.positive_max_ttl = Some(config.max_ttl);
    options.negative_max_ttl = Some(config.max_negative_ttl);
}
