//! The settings of the frontier, collected from several sections.

use super::Config;
use crate::{fetcher::Environment, frontier};

/// Maximum memory of the hot set, in bytes. Otherwise it is 1/16 of `store.memory`.
const MAX_HOT_SET: u64 = 16 << 20;

/// Maximum memory of the Bloom filter, in bytes. Otherwise it is 3/8 of `store.memory`.
const MAX_BLOOM: u64 = 1 << 32;

impl Config {
    /// Returns the settings of the frontier for this generation of the configuration; `seed` initialises its random numbers.
    #[must_use]
    pub(crate) fn frontier(&self, seed: u64, generation: u32) -> frontier::config::Config {
        let memory = self.store.memory.0;
        let bytes = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        frontier::config::Config {
            politeness: self.politeness.clone(),
            retry: self.retry.clone(),
            overrides: self.host.clone(),
            scope: self.scope.clone(),
            discovery: self.discovery.clone(),
            traps: self.traps.clone(),
            store: self.store.clone(),
            wait: self.limits.wait,
            redirects: self.fetcher.redirects,
            slots: self.fetcher.concurrency,
            hot_set: bytes((memory / 16).min(MAX_HOT_SET)),
            bloom: bytes((memory / 8 * 3).min(MAX_BLOOM)),
            is_proxied: !self.fetcher.proxies.is_empty() || Environment::from_process().has_proxy(),
            generation,
            seed,
        }
    }
}
