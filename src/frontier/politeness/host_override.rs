//! `[[host]]`: what differs for some hosts, resolved once per host.

use std::time::Duration;

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Obedience, quota::Quota, retry};
use crate::{
    base::units::ByteSize,
    frontier::{Frontier, politeness},
};

/// One `[[host]]`: a pattern, and the keys of `[politeness]`, `[retry]` and `[scope]` that are others for the hosts it matches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostOverride {
    /// A host's name (`*.example.org`), with its port if it has a colon (`127.0.0.1:8080`); `*` is any text.
    #[serde(rename = "match")]
    pub pattern: String,
    /// `politeness.delay`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Time>,
    /// `politeness.jitter`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter: Option<f64>,
    /// `politeness.host_concurrency`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_concurrency: Option<usize>,
    /// `politeness.max_crawl_delay`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_crawl_delay: Option<Time>,
    /// `politeness.adaptive`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adaptive: Option<bool>,
    /// `politeness.robots`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robots: Option<Obedience>,
    /// `retry.times`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u16>,
    /// `retry.base`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Time>,
    /// `retry.max`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Time>,
    /// `scope.host_pages`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_pages: Option<u64>,
    /// `scope.host_bytes`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_bytes: Option<ByteSize>,
    /// `scope.host_time`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_time: Option<Time>,
}

/// A duration as it is written everywhere: "500ms", "2m", a bare number of seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(#[serde(with = "crate::base::units::duration")] pub Duration);

impl HostOverride {
    /// What types do not say.
    ///
    /// # Errors
    /// The key, and what is wrong with it.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.pattern.is_empty() {
            return Err(("match", "the hosts it is for are missing".to_owned()));
        }
        if self.host_concurrency == Some(0) {
            return Err(("host_concurrency", "0 would stop the crawl: 1 or more belongs here".to_owned()));
        }
        if self.jitter.is_some_and(|jitter| !(0.0..=10.0).contains(&jitter)) {
            return Err(("jitter", "0 to 10 belongs here".to_owned()));
        }
        self.matcher().map(drop).map_err(|error| ("match", error.to_string()))
    }

    fn matcher(&self) -> Result<GlobMatcher, globset::Error> {
        Ok(GlobBuilder::new(&self.pattern).case_insensitive(true).build()?.compile_matcher())
    }

    fn over(&self, usual: &Policy) -> Policy {
        let Policy { politeness, retry, quota, .. } = usual;
        let politeness = politeness::Config {
            delay: self.delay.map_or(politeness.delay, |time| time.0),
            jitter: self.jitter.unwrap_or(politeness.jitter),
            host_concurrency: self.host_concurrency.unwrap_or(politeness.host_concurrency),
            max_crawl_delay: self.max_crawl_delay.map_or(politeness.max_crawl_delay, |time| time.0),
            adaptive: self.adaptive.unwrap_or(politeness.adaptive),
            robots: self.robots.unwrap_or(politeness.robots),
            ..politeness.clone()
        };
        let retry = retry::Config {
            times: self.times.unwrap_or(retry.times),
            base: self.base.map_or(retry.base, |time| time.0),
            max: self.max.map_or(retry.max, |time| time.0),
        };
        let quota = Quota {
            pages: self.host_pages.unwrap_or(quota.pages),
            bytes: self.host_bytes.map_or(quota.bytes, |bytes| bytes.0),
            time: self.host_time.map_or(quota.time, |time| time.0),
        };
        Policy { hosts: None, politeness, retry, quota }
    }
}

/// What holds for a group of hosts.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// None: all hosts.
    hosts: Option<(GlobMatcher, bool)>,
    pub(crate) politeness: politeness::Config,
    pub(crate) retry: retry::Config,
    pub(crate) quota: Quota,
}

/// The policies by index: the usual one, then one for each overlay. An overlay whose pattern is none matches nothing.
pub(crate) fn policies(config: &crate::frontier::config::Config) -> Vec<Policy> {
    let (politeness, retry) = (config.politeness.clone(), config.retry.clone());
    let usual = Policy { hosts: None, politeness, retry, quota: config.quota };
    let mut policies = vec![usual.clone()];
    for overlay in &config.overlays {
        let Ok(matcher) = overlay.matcher() else { continue };
        policies.push(Policy { hosts: Some((matcher, overlay.pattern.contains(':'))), ..overlay.over(&usual) });
    }
    policies
}

/// What is kept towards a host, for whoever asks.
pub(crate) fn politeness_of(config: &crate::frontier::config::Config, root: &Url) -> politeness::Config {
    let policies = policies(config);
    let own = policies.get(index_of(&policies, root)).map(|policy| policy.politeness.clone());
    own.unwrap_or_else(|| config.politeness.clone())
}

/// The index of the policy of a host: that of the first overlay that matches it, or the usual one.
fn index_of(policies: &[Policy], root: &Url) -> usize {
    let name = root.host_str().unwrap_or_default();
    let with_port = format!("{name}:{}", root.port_or_known_default().unwrap_or_default());
    let matches = |policy: &Policy| {
        let hosts = policy.hosts.as_ref();
        hosts.is_some_and(|(hosts, has_port)| hosts.is_match(if *has_port { &with_port } else { name }))
    };
    policies.iter().position(matches).unwrap_or_default()
}

impl Frontier {
    /// The index of the policy of a host.
    pub(crate) fn policy_of(&self, root: &Url) -> usize {
        // Asked whenever a host comes into memory; mostly there is only the usual one.
        if self.policies.len() < 2 {
            return 0;
        }
        index_of(&self.policies, root)
    }

    /// What holds for a host.
    pub(crate) fn policy(&self, slot: usize) -> &Policy {
        let own = self.hosts.get(slot).and_then(|host| self.policies.get(host.policy as usize));
        match own.or(self.policies.first()) {
            Some(policy) => policy,
            None => unreachable!("there is the usual policy"),
        }
    }
}
