//! `[fetcher]`

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use super::ProxyConfig;
use crate::{base::units::ByteSize, http::response::OverLimit};

/// `[fetcher]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Fetcher actors; 0 = one per worker.
    pub actors: usize,
    /// Requests under way at the same time, all actors together.
    pub concurrency: usize,
    /// The largest body, before and after decoding.
    pub max_body: ByteSize,
    /// The slowest transfer of a body, in bytes a second; 0 = no limit.
    pub min_rate: ByteSize,
    /// What becomes of a larger one.
    pub over_limit: OverLimit,
    /// Redirects followed from one request, at most.
    pub redirects: u8,
    /// How long a connection without a request stays open.
    #[serde(with = "crate::base::units::duration")]
    pub keep_alive: Duration,
    /// Connections without a request, all actors together.
    pub idle: usize,
    /// Headers of every request; an empty value removes a default one.
    pub headers: BTreeMap<String, String>,
    /// What versions of answers (`ETag`, `Last-Modified`) may take, so that requests that ask again ask for a change; 0: none
    /// are kept.
    pub validators: ByteSize,
    /// Names of headers that do not travel to another origin, beside `Authorization`, `Cookie` and `Proxy-Authorization`.
    pub secret_headers: Vec<String>,
    /// A `.netrc` with logins for hosts; empty: none. Its `default` is passed over.
    pub netrc: PathBuf,
    /// Limits of time, by stage.
    pub timeout: Timeouts,
    /// Addresses to connect from, one of each family at most; empty: the system chooses.
    pub local_address: Vec<IpAddr>,
    /// The only ports asked; empty: all but those of other protocols.
    pub ports: Vec<u16>,
    /// Proxies, used in turn; empty: those of the environment.
    pub proxies: Vec<ProxyConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            actors: 0,
            concurrency: 1024,
            max_body: ByteSize(10 << 20),
            min_rate: ByteSize(0),
            over_limit: OverLimit::Reject,
            redirects: 10,
            keep_alive: Duration::from_secs(15),
            idle: 1024,
            headers: BTreeMap::new(),
            validators: ByteSize(0),
            secret_headers: Vec::new(),
            netrc: PathBuf::new(),
            timeout: Timeouts::default(),
            local_address: Vec::new(),
            ports: Vec::new(),
            proxies: Vec::new(),
        }
    }
}

/// `fetcher.timeout`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Looking up a name.
    #[serde(with = "crate::base::units::duration")]
    pub dns: Duration,
    /// Connecting, TLS included.
    #[serde(with = "crate::base::units::duration")]
    pub connect: Duration,
    /// From the request to the head of the answer.
    #[serde(with = "crate::base::units::duration")]
    pub first_byte: Duration,
    /// Between two parts of the body.
    #[serde(with = "crate::base::units::duration")]
    pub idle: Duration,
    /// All of it.
    #[serde(with = "crate::base::units::duration")]
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            dns: Duration::from_secs(5),
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(20),
            idle: Duration::from_secs(20),
            total: Duration::from_secs(60),
        }
    }
}
