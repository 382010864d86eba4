//! The sum of all sections of configuration, and where it comes from: defaults, files, environment, flags.

mod crawl;
mod frontier;
mod load;
mod log;
mod redact;
mod runtime;
mod seeds;
mod syntax;
mod validate;

use serde::{Deserialize, Serialize};

pub use self::{
    crawl::Crawl,
    load::{DEFAULTS, Layers, Loaded},
    log::{Format, Level, Log},
    runtime::Runtime,
    seeds::{
        Seeds,
        request::{Pairs, SeedConfig, parse_seed},
    },
};
use crate::{
    fetcher,
    frontier::{
        politeness::{self, host_override, retry},
        scope::{self, discovery, traps},
    },
    http::cookie,
    parser, scheduler, sink, store, transport,
};

/// Rules that rewrite URLs: `[urls]`.
pub mod urls {
    pub use crate::urls::rewrite::{Config, Order, Presence, Rules, Slash, Www};
}

/// Everything that can be configured. `config/default.toml` has each key with its default and what it does.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `[[auth]]`: credentials, each for one origin.
    pub auth: Vec<fetcher::client::auth::Config>,
    /// `[[sink]]`: the outputs.
    pub sink: Vec<sink::Config>,
    /// `[crawl]`: where it starts and who is behind it.
    pub crawl: Crawl,
    /// `[runtime]`
    pub runtime: Runtime,
    /// `[scheduler]`
    pub scheduler: scheduler::Config,
    /// `[scope]`: which links belong to the crawl.
    pub scope: scope::Config,
    /// `[discovery]`: where URLs come from beside links.
    pub discovery: discovery::Config,
    /// `[urls]`: how URLs are rewritten.
    pub urls: urls::Config,
    /// `[traps]`: URLs without end.
    pub traps: traps::Config,
    /// `[politeness]`: what is kept towards a host.
    pub politeness: politeness::Config,
    /// `[retry]`: when a failed request is made again.
    pub retry: retry::Config,
    /// `[cookies]`: what servers want to be told again.
    pub cookies: cookie::Config,
    /// `[fetcher]`
    pub fetcher: fetcher::Config,
    /// `[dns]`: how names are looked up.
    pub dns: transport::connect::dns::Config,
    /// `[tls]`: how connections are secured.
    pub tls: transport::connect::tls::Config,
    /// `[parser]`
    pub parser: parser::Config,
    /// `[store]`: where the state of the crawl lives.
    pub store: store::Config,
    /// `[log]`
    pub log: Log,
    /// `[[host]]`: what differs for some hosts.
    pub host: Vec<host_override::HostOverride>,
    /// `[limits]`: what ends the crawl.
    pub limits: scheduler::Limits,
}

impl Config {
    /// Whether records go to standard output.
    #[must_use]
    pub fn writes_to_stdout(&self) -> bool {
        self.sink.iter().any(|sink| sink.kind == sink::SinkKind::Stdout)
    }
}

#[cfg(test)]
mod tests;
