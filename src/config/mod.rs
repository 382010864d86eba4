//! The configuration: all sections, and where they come from.
//!
//! | file or folder | contents |
//! |---|---|
//! | `load/` | reads defaults, files, environment and flags, and reports every error |
//! | `seeds/` | seeds: lines, `[[crawl.request]]` tables, files |
//! | `validate`, `syntax` | checks that types cannot express |
//! | `redact` | the configuration without its secrets |
//! | `frontier` | the settings of the frontier |
//! | `crawl`, `log`, `runtime` | sections without a component of their own |
//!
//! All other sections are defined in the folder of their component.

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

pub(crate) use self::seeds::NoSeed;
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
    /// `[[auth]]`: credentials, per origin.
    pub auth: Vec<fetcher::client::auth::Config>,
    /// `[[sink]]`: the outputs.
    pub sink: Vec<sink::Config>,
    /// `[crawl]`: seeds, and who runs the crawl.
    pub crawl: Crawl,
    /// `[runtime]`
    pub runtime: Runtime,
    /// `[scheduler]`
    pub scheduler: scheduler::Config,
    /// `[scope]`: which links belong to the crawl.
    pub scope: scope::Config,
    /// `[discovery]`: sources of URLs other than links.
    pub discovery: discovery::Config,
    /// `[urls]`: how URLs are rewritten.
    pub urls: urls::Config,
    /// `[traps]`: limits for endless URLs.
    pub traps: traps::Config,
    /// `[politeness]`: limits towards a host.
    pub politeness: politeness::Config,
    /// `[retry]`: repetition of failed requests.
    pub retry: retry::Config,
    /// `[cookies]`
    pub cookies: cookie::Config,
    /// `[fetcher]`
    pub fetcher: fetcher::Config,
    /// `[dns]`: how names are looked up.
    pub dns: transport::connect::dns::Config,
    /// `[tls]`: how connections are secured.
    pub tls: transport::connect::tls::Config,
    /// `[parser]`
    pub parser: parser::Config,
    /// `[store]`: where the state of the crawl is kept.
    pub store: store::Config,
    /// `[log]`
    pub log: Log,
    /// `[[host]]`: settings for single hosts.
    pub host: Vec<host_override::HostOverride>,
    /// `[limits]`: what ends the crawl.
    pub limits: scheduler::Limits,
}

impl Config {
    /// Returns true if records are written to standard output.
    #[must_use]
    pub fn writes_to_stdout(&self) -> bool {
        self.sink.iter().any(|sink| matches!(sink, sink::Config::Stdout(_)))
    }
}

#[cfg(test)]
mod tests;
