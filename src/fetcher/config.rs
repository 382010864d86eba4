//! The section `[fetcher]`.

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use super::ProxyConfig;
use crate::{base::units::ByteSize, http::response::OverLimit};

/// The section `[fetcher]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Number of Fetcher actors. 0 means one per worker.
    pub actors: usize,
    /// Maximum number of concurrent requests of all actors together.
    pub concurrency: usize,
    /// Maximum size of a body, before and after decoding.
    pub max_body: ByteSize,
    /// Minimum rate of a body, in bytes per second. 0 means no minimum.
    pub min_rate: ByteSize,
    /// Treatment of a body above `max_body`.
    pub over_limit: OverLimit,
    /// Maximum number of redirects followed from one request.
    pub redirects: u8,
    /// Time for which an idle connection stays open.
    #[serde(with = "crate::base::units::duration")]
    pub keep_alive: Duration,
    /// Maximum number of idle connections of all actors together.
    pub idle: usize,
    /// Header fields of every request. An empty value removes a default field.
    pub headers: BTreeMap<String, String>,
    /// Maximum memory for validators (`ETag`, `Last-Modified`), with which later requests are conditional. 0 means none.
    pub validators: ByteSize,
    /// Names of header fields that are not sent to another origin after a redirect, in addition to `Authorization`,
    /// `Cookie` and `Proxy-Authorization`.
    pub secret_headers: Vec<String>,
    /// Path of a `.netrc` file. Its `default` entry is ignored. Empty means none.
    pub netrc: PathBuf,
    /// Time limits by stage.
    pub timeout: Timeouts,
    /// Local addresses to connect from, at most one per family. Empty means that the system chooses.
    pub local_address: Vec<IpAddr>,
    /// Allowed ports. Empty means all but those of other protocols.
    pub ports: Vec<u16>,
    /// Proxies, used in turn. Empty means those of the environment.
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

/// The section `[fetcher.timeout]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Limit for looking up a name.
    #[serde(with = "crate::base::units::duration")]
    pub dns: Duration,
    /// Limit for connecting, with TLS.
    #[serde(with = "crate::base::units::duration")]
    pub connect: Duration,
    /// Limit from sending the request to the head of the response.
    #[serde(with = "crate::base::units::duration")]
    pub first_byte: Duration,
    /// Limit between two parts of the body.
    #[serde(with = "crate::base::units::duration")]
    pub idle: Duration,
    /// Limit for the whole request.
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
