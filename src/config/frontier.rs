//! The settings of the frontier, collected from several sections.

use super::Config;
use crate::{
    fetcher::Environment,
    frontier::{self, politeness::quota::Quota, scope::ScopeKind},
};

/// Maximum memory of the hot set, in bytes. Otherwise it is 1/16 of `store.memory`.
const MAX_HOT_SET: u64 = 16 << 20;

/// Maximum memory of the Bloom filter, in bytes. Otherwise it is 3/8 of `store.memory`.
const MAX_BLOOM: u64 = 1 << 32;

impl Config {
    /// Returns the settings of the frontier; `seed` initialises its random numbers.
    #[must_use]
    pub(crate) fn frontier(&self, seed: u64) -> frontier::config::Config {
        let Config { discovery, politeness, traps, retry, scope, limits, fetcher, store: knobs, .. } = self;
        let pages = match (scope.host_pages, scope.kind) {
            (0, ScopeKind::Any) => 10_000,
            (pages, _) => pages,
        };
        let bloom = (knobs.memory.0 / 8 * 3).min(MAX_BLOOM);
        let hot_set = (knobs.memory.0 / 16).min(MAX_HOT_SET);
        frontier::config::Config {
            politeness: politeness.clone(),
            retry: retry.clone(),
            overlays: self.host.clone(),
            quota: Quota { pages, bytes: scope.host_bytes.0, time: scope.host_time },
            wait: limits.wait,
            sitemaps: discovery.sitemaps,
            traps: traps.clone(),
            redirects: fetcher.redirects,
            commit_batch: knobs.commit_batch,
            hosts: knobs.hosts,
            slots: fetcher.concurrency,
            bloom: usize::try_from(bloom).unwrap_or(usize::MAX),
            hot_set: usize::try_from(hot_set).unwrap_or(usize::MAX),
            proxied: !fetcher.proxies.is_empty() || Environment::of_process().is_proxied(),
            seed,
        }
    }
}
