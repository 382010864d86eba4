//! Settings of the frontier.

use std::time::Duration;

use super::{politeness, scope};

/// What the frontier is told by configuration.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// `[politeness]`
    pub politeness: politeness::Config,
    /// `[retry]`
    pub retry: politeness::retry::Config,
    /// `[[host]]`
    pub overlays: Vec<politeness::host_override::HostOverride>,
    /// `scope.host_pages`, `host_bytes` and `host_time`.
    pub quota: politeness::quota::Quota,
    /// `limits.wait`: a host whose clock is pushed further is parked.
    pub wait: Duration,
    /// `discovery.sitemaps`
    pub sitemaps: scope::discovery::Sitemaps,
    /// `[traps]`
    pub traps: scope::traps::Config,
    /// `fetcher.redirects`
    pub redirects: u8,
    /// `store.commit_batch`
    pub commit_batch: usize,
    /// `store.hosts`
    pub hosts: usize,
    /// `fetcher.concurrency`: what doubtful hosts may have half of.
    pub slots: usize,
    /// Bytes for the hot set.
    pub hot_set: usize,
    /// Bytes for the Bloom filter behind it.
    pub bloom: usize,
    /// Whether a proxy hides the addresses, so that there is no limit per IP.
    pub proxied: bool,
    /// Where luck starts: jitter and backoff.
    pub seed: u64,
}
