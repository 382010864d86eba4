//! The settings that apply to a host: the usual ones, or those with a `[[host]]` over them.

use url::Url;

use super::{Config, host_override::HostOverride, quota::Quota, retry};
use crate::{frontier, urls::glob::host::HostGlob};

/// Settings of a group of hosts.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) politeness: Config,
    pub(crate) retry: retry::Config,
    pub(crate) quota: Quota,
}

/// The policies of all hosts.
#[derive(Debug)]
pub(super) struct Policies {
    usual: Policy,
    /// One for each `[[host]]`, in order.
    overrides: Vec<(HostGlob, Policy)>,
}

impl Policies {
    /// The policies of a configuration. An override whose pattern is not valid matches no host.
    pub(super) fn new(config: &frontier::config::Config) -> Self {
        let (politeness, retry) = (config.politeness.clone(), config.retry.clone());
        let usual = Policy { politeness, retry, quota: Quota::new(&config.scope) };
        let overrides = config.overrides.iter().filter_map(|own| Some((own.matcher().ok()?, overridden(&usual, own))));
        Self { overrides: overrides.collect(), usual }
    }

    /// Returns the index of a host's policy: that of the first override that matches, or the usual one.
    pub(super) fn index(&self, root: &Url) -> u32 {
        // Called for each host that comes into memory, and mostly there are no overrides.
        if self.overrides.is_empty() {
            return 0;
        }
        let own = self.overrides.iter().position(|(pattern, _)| pattern.matches(root));
        own.and_then(|index| u32::try_from(index + 1).ok()).unwrap_or_default()
    }

    /// Returns the policy with this index.
    pub(super) fn get(&self, index: u32) -> &Policy {
        let own = (index as usize).checked_sub(1).and_then(|index| self.overrides.get(index));
        own.map_or(&self.usual, |(_, policy)| policy)
    }
}

/// Returns the politeness settings of a host.
pub(crate) fn politeness_of(config: &frontier::config::Config, root: &Url) -> Config {
    let policies = Policies::new(config);
    policies.get(policies.index(root)).politeness.clone()
}

fn overridden(usual: &Policy, own: &HostOverride) -> Policy {
    let Policy { politeness, retry, quota } = usual;
    let politeness = Config {
        delay: own.delay.map_or(politeness.delay, |time| time.0),
        jitter: own.jitter.unwrap_or(politeness.jitter),
        host_concurrency: own.host_concurrency.unwrap_or(politeness.host_concurrency),
        max_crawl_delay: own.max_crawl_delay.map_or(politeness.max_crawl_delay, |time| time.0),
        adaptive: own.adaptive.unwrap_or(politeness.adaptive),
        robots: own.robots.unwrap_or(politeness.robots),
        ..politeness.clone()
    };
    let retry = retry::Config {
        times: own.times.unwrap_or(retry.times),
        base: own.base.map_or(retry.base, |time| time.0),
        max: own.max.map_or(retry.max, |time| time.0),
    };
    let quota = Quota {
        pages: own.host_pages.unwrap_or(quota.pages),
        bytes: own.host_bytes.map_or(quota.bytes, |bytes| bytes.0),
        time: own.host_time.map_or(quota.time, |time| time.0),
    };
    Policy { politeness, retry, quota }
}
