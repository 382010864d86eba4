//! The key `fetcher.proxies`.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{base::secret::without_credentials, transport::HostPattern};

/// One entry of `fetcher.proxies`: a URL, or `{ url = "...", match = ["*.example.org"] }`.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyConfig {
    /// URL: `http://` or `socks5://`, then `[user:password@]host:port`.
    pub url: String,
    /// Hosts for which it is used. Empty means all hosts without a proxy of their own.
    pub hosts: Vec<HostPattern>,
}

/// The entry as a table.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProxyTable {
    url: String,
    #[serde(default, rename = "match")]
    hosts: Vec<HostPattern>,
}

/// Omits the credentials.
impl fmt::Debug for ProxyConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = without_credentials(&self.url);
        formatter.debug_struct("ProxyConfig").field("url", &url).field("hosts", &self.hosts).finish()
    }
}

impl From<&str> for ProxyConfig {
    fn from(url: &str) -> Self {
        Self { url: url.to_owned(), hosts: Vec::new() }
    }
}

impl Serialize for ProxyConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.hosts.is_empty() {
            return serializer.serialize_str(&self.url);
        }
        ProxyTable { url: self.url.clone(), hosts: self.hosts.clone() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ProxyConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ProxyVisitor)
    }
}

struct ProxyVisitor;

impl<'de> Visitor<'de> for ProxyVisitor {
    type Value = ProxyConfig;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the URL of a proxy, or a table of `url` and `match`")
    }

    fn visit_str<E: de::Error>(self, url: &str) -> Result<ProxyConfig, E> {
        Ok(url.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ProxyConfig, A::Error> {
        let ProxyTable { url, hosts } = ProxyTable::deserialize(MapAccessDeserializer::new(map))?;
        Ok(ProxyConfig { url, hosts })
    }
}
