//! `[politeness]`

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[politeness]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Minimum time between the starts of two requests to one host.
    #[serde(with = "crate::base::units::duration")]
    pub delay: Duration,
    /// Maximum share of the delay that is added to it at random; 0 to 10.
    pub jitter: f64,
    /// Maximum number of requests in flight to one host.
    pub host_concurrency: usize,
    /// Maximum number of requests in flight to one IP address.
    pub ip_concurrency: IpConcurrency,
    /// What shares one delay and `host_concurrency`.
    pub group: Group,
    /// Maximum `Crawl-delay`; a host that asks for more is parked.
    #[serde(with = "crate::base::units::duration")]
    pub max_crawl_delay: Duration,
    /// Whether the delay is lengthened for hosts that fail or slow down.
    pub adaptive: bool,
    /// Whether robots.txt is obeyed.
    pub robots: Obedience,
    /// Whether `<meta name=robots>` and `X-Robots-Tag` are obeyed.
    pub meta_robots: Obedience,
    /// Whether `rel=nofollow` is obeyed.
    pub nofollow: Obedience,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(1),
            jitter: 0.1,
            host_concurrency: 1,
            ip_concurrency: IpConcurrency::Auto,
            group: Group::Host,
            max_crawl_delay: Duration::from_secs(60),
            adaptive: true,
            robots: Obedience::Obey,
            meta_robots: Obedience::Obey,
            nofollow: Obedience::Obey,
        }
    }
}

/// `politeness.ip_concurrency`: `"auto"`, or a number; 0 = no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IpConcurrency {
    /// No limit for up to 8 hosts in scope, else 8.
    #[default]
    Auto,
    /// This limit; 0 = no limit.
    Limit(usize),
}

impl Serialize for IpConcurrency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Limit(limit) => serializer.serialize_u64(*limit as u64),
        }
    }
}

impl<'de> Deserialize<'de> for IpConcurrency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IpVisitor)
    }
}

struct IpVisitor;

impl serde::de::Visitor<'_> for IpVisitor {
    type Value = IpConcurrency;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("\"auto\" or a number")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<IpConcurrency, E> {
        match text {
            "auto" => Ok(IpConcurrency::Auto),
            _ => text
                .parse()
                .map(IpConcurrency::Limit)
                .map_err(|_| E::custom(format!("expected \"auto\" or a number, found `{text}`"))),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<IpConcurrency, E> {
        usize::try_from(number).map(IpConcurrency::Limit).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<IpConcurrency, E> {
        usize::try_from(number).map(IpConcurrency::Limit).map_err(|_| E::custom("must be at least 0"))
    }
}

/// `politeness.group`: what shares one delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Each host has its own delay.
    #[default]
    Host,
    /// All hosts of a registrable domain share one delay.
    Domain,
}

/// Values of `politeness.robots`, `meta_robots` and `nofollow`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Obedience {
    /// Obey it.
    #[default]
    Obey,
    /// Neither fetches nor obeys it.
    Ignore,
}
