//! What is kept towards a host: `[politeness]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[politeness]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Least time between the starts of two requests to one host.
    #[serde(with = "crate::base::units::duration")]
    pub delay: Duration,
    /// Lengthens each delay by a random part of it, from 0 to this (0 to 10).
    pub jitter: f64,
    /// Requests to one host at the same time.
    pub host_concurrency: usize,
    /// Requests to one IP address at the same time.
    pub ip_concurrency: IpConcurrency,
    /// What shares one clock.
    pub group: Group,
    /// A `Crawl-delay` above this parks the host.
    #[serde(with = "crate::base::units::duration")]
    pub max_crawl_delay: Duration,
    /// Lengthens the delay of hosts that are in trouble.
    pub adaptive: bool,
    /// What robots.txt is to the crawl.
    pub robots: Obedience,
    /// What `<meta name=robots>` and `X-Robots-Tag` are to it.
    pub meta_robots: Obedience,
    /// What `rel=nofollow` is to it.
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
    /// At most so many; 0 = no limit.
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
                .map_err(|_| E::custom(format!("`{text}`: write \"auto\" or a number"))),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<IpConcurrency, E> {
        usize::try_from(number).map(IpConcurrency::Limit).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<IpConcurrency, E> {
        usize::try_from(number).map(IpConcurrency::Limit).map_err(|_| E::custom("a limit below 0"))
    }
}

/// `politeness.group`: what shares one clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Each host has its own.
    #[default]
    Host,
    /// All hosts of a registrable domain share one.
    Domain,
}

/// `politeness.robots`, `meta_robots` and `nofollow`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Obedience {
    /// Does what it says.
    #[default]
    Obey,
    /// Neither fetches nor obeys it.
    Ignore,
}
