//! Keys: short names of partitions, hosts and URLs.

use serde::{Deserialize, Serialize};
use url::Url;
use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed};

use crate::{
    http::request::{
        Request,
        fingerprint::{Fingerprint, SEED, hash},
    },
    urls::canonical::registrable,
};

/// A partition of the frontier: the unit that one node owns.
pub(crate) type Partition = u8;

/// Key of a host (scheme, host name, port).
///
/// The top 8 bits are the [`Partition`], a hash of the registrable domain, so that a site is in one partition. The rest is a
/// hash of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct HostKey(pub u64);

/// Key of a request: its host, and the low 64 bits of its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct UrlKey {
    /// The host.
    pub host: HostKey,
    /// Low 64 bits of the [`Fingerprint`].
    pub url: u64,
}

impl HostKey {
    /// Returns the key of the host of `url`, which must be an http or https URL.
    #[must_use]
    pub(crate) fn from_url(url: &Url) -> Self {
        let partition = hash(registrable(url).as_bytes()) >> 56;
        let mut hasher = Xxh3::with_seed(SEED);
        hasher.update(url.scheme().as_bytes());
        hasher.update(b"://");
        hasher.update(url.host_str().unwrap_or_default().as_bytes());
        hasher.update(&url.port_or_known_default().unwrap_or_default().to_be_bytes());
        Self(partition << 56 | hasher.digest() >> 8)
    }

    /// Returns the partition that the host belongs to.
    #[must_use]
    pub(crate) fn partition(self) -> Partition {
        self.0.to_be_bytes()[0]
    }
}

impl UrlKey {
    /// Returns the key of a request.
    #[must_use]
    pub(crate) fn from_request(request: &Request) -> Self {
        let fingerprint = Fingerprint::from_request(request).low();
        let url = match request.visit() {
            0 => fingerprint,
            visit => xxh3_64_with_seed(&fingerprint.to_be_bytes(), SEED ^ u64::from(visit)),
        };
        Self { host: HostKey::from_url(request.url()), url }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> UrlKey {
        UrlKey::from_request(&Request::get(text.parse().unwrap()))
    }

    #[test]
    fn equal_requests_have_equal_keys() {
        for (a, b, same) in [
            ("http://example.org", "http://example.org/#x", true),
            ("HTTP://EXAMPLE.org:80/a/./b/../c", "http://example.org/a/c", true),
            ("http://example.org/%7Ejoe", "http://example.org/~joe", true),
            ("http://example.org./a", "http://example.org/a", true),
            ("http://example.org/é", "http://example.org/%c3%a9", true),
            ("http://example.org/a%2Fb", "http://example.org/a/b", false),
            ("http://example.org/?b=1&b=2", "http://example.org/?b=2&b=1", false),
            ("http://example.org:443/", "http://example.org/", false),
            ("http://example.org/100%", "http://example.org/100%25", false),
            ("http://example.org/%%341", "http://example.org/%41", false),
        ] {
            assert_eq!(key(a) == key(b), same, "{a} {b}");
        }
    }

    #[test]
    fn method_body_jar_and_visit_distinguish_requests() {
        let url: Url = "http://example.org/".parse().unwrap();
        let keys = [
            UrlKey::from_request(&Request::get(url.clone())),
            UrlKey::from_request(&Request::post(url.clone())),
            UrlKey::from_request(&Request::post(url.clone()).form([("a", "1")])),
            UrlKey::from_request(&Request::post(url.clone()).form([("a", "2")])),
            UrlKey::from_request(&Request::get(url.clone()).jar("one")),
            UrlKey::from_request(&Request::get(url.clone()).jar("two")),
            UrlKey::from_request(&Request::get(url.clone()).come_by(1).revisitable().to_revisit().unwrap()),
            UrlKey::from_request(&Request::get(url).come_by(2).revisitable().to_revisit().unwrap()),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn hosts_of_a_site_are_in_one_partition() {
        let (a, b) = (key("http://www.example.co.uk/").host, key("https://shop.example.co.uk/").host);
        assert_eq!(a.partition(), b.partition());
        assert_ne!(a, b);
        assert_ne!(key("http://127.0.0.1:80/").host, key("http://127.0.0.1:81/").host);
    }
}
