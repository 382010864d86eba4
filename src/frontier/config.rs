//! Settings of the frontier.

use std::time::Duration;

use super::{politeness, scope};
use crate::store;

/// The sections of the configuration that the frontier needs, and what it needs from others.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// `[politeness]`
    pub politeness: politeness::Config,
    /// `[retry]`
    pub retry: politeness::retry::Config,
    /// `[[host]]`
    pub overrides: Vec<politeness::host_override::HostOverride>,
    /// `[scope]`, for the quotas of hosts.
    pub scope: scope::Config,
    /// `[discovery]`
    pub discovery: scope::discovery::Config,
    /// `[traps]`
    pub traps: scope::traps::Config,
    /// `[store]`
    pub store: store::Config,
    /// `limits.wait`: a host that cannot be asked for longer is parked.
    pub wait: Duration,
    /// `fetcher.redirects`
    pub redirects: u8,
    /// `fetcher.concurrency`: only hosts that have answered a page get all of these slots.
    pub slots: usize,
    /// Size of the hot set in bytes.
    pub hot_set: usize,
    /// Maximum size of the Bloom filter in bytes.
    pub bloom: usize,
    /// Whether proxies hide the addresses of hosts, so that there is no limit per IP address.
    pub is_proxied: bool,
    /// Number of the configuration: it grows when the configuration changes.
    pub generation: u32,
    /// Seed of the random numbers for jitter and backoff.
    pub seed: u64,
}
