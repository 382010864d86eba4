//! `[[host]]`: settings for some hosts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Obedience;
use crate::{base::units::ByteSize, urls::glob::host::HostGlob};

/// One `[[host]]`: a pattern, and the keys of `[politeness]`, `[retry]` and `[scope]` that differ for matching hosts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostOverride {
    /// Pattern for the host name (`*.example.org`), or for name and port if it has a colon (`127.0.0.1:8080`); `*` matches
    /// any text.
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

/// A duration as in all sections: "500ms", "2m", or a plain number of seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(#[serde(with = "crate::base::units::duration")] pub Duration);

impl HostOverride {
    /// Checks the values.
    ///
    /// # Errors
    /// The key that is wrong, and what is wrong with it.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.host_concurrency == Some(0) {
            return Err(("host_concurrency", "must be at least 1".to_owned()));
        }
        if self.jitter.is_some_and(|jitter| !(0.0..=10.0).contains(&jitter)) {
            return Err(("jitter", "must be between 0 and 10".to_owned()));
        }
        self.matcher().map(drop).map_err(|message| ("match", message))
    }

    pub(super) fn matcher(&self) -> Result<HostGlob, String> {
        HostGlob::parse(&self.pattern)
    }
}
