//! The address guard: decides which addresses and ports the crawler connects to.
//!
//! It is asked when a connection is made, after every lookup. So neither a redirect nor a name that resolves differently
//! the second time (DNS rebinding) gets past it.
//!
//! | file | contents |
//! |---|---|
//! | `ranges` | special-purpose addresses, and IPv4 addresses inside IPv6 ones |
//! | `allow` | `crawl.allow_private` |

pub(crate) mod allow;
pub(crate) mod ranges;

use std::{collections::HashMap, net::IpAddr, sync::RwLock};

use url::{Host, Url};

pub(crate) use self::allow::address_range;
pub use self::allow::{AllowPrivate, Allowed};
use self::ranges::{embedded, reason};
use crate::{base::locks, failure::FetchError};

/// Maximum number of seed hosts with a private address that are exempt. Further ones are refused like links.
const MAX_SEEDS: usize = 65_536;

/// Ports of other protocols that browsers refuse, in order (Fetch standard, "bad port").
const BAD_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// Decides about addresses and ports. All Fetchers share one.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    allowed: AllowPrivate,
    /// The only allowed ports; empty: all but [`BAD_PORTS`].
    ports: Vec<u16>,
    /// Hosts of seeds that are address literals or `localhost`, at most [`MAX_SEEDS`], and the ports of each.
    seeds: RwLock<HashMap<Box<str>, Vec<u16>>>,
}

impl Guard {
    /// A guard that admits the private addresses of `allowed`, and only these ports; if empty, all but those of other
    /// protocols.
    pub(crate) fn new(allowed: AllowPrivate, ports: Vec<u16>) -> Self {
        Self { allowed, ports, seeds: RwLock::default() }
    }

    /// Exempts host and port of a seed that is an address literal or `localhost`: its user means that address.
    pub(crate) fn exempt(&self, seed: &Url) {
        let (Some(host), Some(port)) = (literal(seed), seed.port_or_known_default()) else { return };
        if self.is_seed(host, port) {
            return;
        }
        let mut seeds = locks::write(&self.seeds);
        if seeds.len() < MAX_SEEDS || seeds.contains_key(host) {
            seeds.entry(host.into()).or_default().push(port);
        }
    }

    /// Checks the port of a URL.
    ///
    /// # Errors
    /// [`FetchError::Guard`] when it is refused.
    pub(crate) fn check_port(&self, url: &Url) -> Result<(), FetchError> {
        let port = url.port_or_known_default().unwrap_or_default();
        let is_good =
            if self.ports.is_empty() { BAD_PORTS.binary_search(&port).is_err() } else { self.ports.contains(&port) };
        if is_good {
            return Ok(());
        }
        Err(FetchError::Guard(format!("port {port} is refused (fetcher.ports)").into()))
    }

    /// Checks the address that a URL contains. For requests through a proxy, which looks names up itself.
    ///
    /// # Errors
    /// [`FetchError::Guard`] when it is refused.
    pub(crate) fn check_literal(&self, url: &Url) -> Result<(), FetchError> {
        let port = url.port_or_known_default().unwrap_or_default();
        match url.host() {
            Some(Host::Ipv4(address)) => self.check(bare(url), port, address.into()),
            Some(Host::Ipv6(address)) => self.check(bare(url), port, address.into()),
            Some(Host::Domain(name)) if is_local(name) => self.check(name, port, IpAddr::from([127, 0, 0, 1])),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }

    /// Checks an address before it is connected to, for this host (an address literal without brackets) and port.
    ///
    /// # Errors
    /// [`FetchError::Guard`] when it is refused.
    pub(crate) fn check(&self, host: &str, port: u16, address: IpAddr) -> Result<(), FetchError> {
        let Some(reason) = reason(address) else { return Ok(()) };
        let is_allowed =
            || self.allowed.admits(host, address) || embedded(address).is_some_and(|v4| self.allowed.admits(host, v4));
        if is_allowed() || self.is_seed(host, port) {
            return Ok(());
        }
        Err(FetchError::Guard(format!("{address} is refused: {reason} (crawl.allow_private)").into()))
    }

    fn is_seed(&self, host: &str, port: u16) -> bool {
        let seeds = locks::read(&self.seeds);
        seeds.get(host).is_some_and(|ports| ports.contains(&port))
    }
}

/// The host of a URL, if it is an address literal or `localhost`; without brackets.
fn literal(url: &Url) -> Option<&str> {
    match url.host()? {
        Host::Domain("localhost") | Host::Ipv4(_) | Host::Ipv6(_) => Some(bare(url)),
        Host::Domain(_) => None,
    }
}

fn bare(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// Returns true for names of this machine (RFC 6761 section 6.3).
pub(crate) fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn address_literals_are_refused_in_all_their_forms() {
        let guard = Guard::default();
        for text in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://2852039166/",
            "http://[fd00:ec2::254]/",
            "http://localhost/",
            "http://x.localhost./",
            "http://10.0.0.1:8080/",
        ] {
            assert!(matches!(guard.check_literal(&url(text)), Err(FetchError::Guard(_))), "{text}");
        }
        for text in ["http://1.1.1.1/", "https://[2606:4700::1]/", "http://example.org/"] {
            assert_eq!(guard.check_literal(&url(text)), Ok(()), "{text}");
        }
    }

    #[test]
    fn names_are_checked_by_their_addresses() {
        let guard = Guard::new(
            AllowPrivate::Listed(vec!["*.corp.example".parse().unwrap(), "10.1.0.0/16".parse().unwrap()]),
            vec![],
        );
        for (host, address, admitted) in [
            ("evil.example", "127.0.0.1", false),
            ("evil.example", "10.1.2.3", true),
            ("evil.example", "::ffff:10.1.2.3", true),
            ("evil.example", "10.2.0.1", false),
            ("wiki.corp.example", "10.2.0.1", true),
            ("corp.example", "10.2.0.1", false),
            ("good.example", "8.8.8.8", true),
        ] {
            assert_eq!(guard.check(host, 80, address.parse().unwrap()).is_ok(), admitted, "{host} {address}");
        }
    }

    #[test]
    fn a_seed_exempts_its_own_host_and_port_only() {
        let guard = Guard::default();
        for seed in ["http://127.0.0.1:8080/x", "https://[::1]/", "http://localhost:81/", "http://evil.example:82/"] {
            guard.exempt(&url(seed));
        }
        for (text, admitted) in [
            ("http://127.0.0.1:8080/y", true),
            ("http://127.0.0.1:8081/", false),
            ("http://localhost:8080/", false),
            ("http://localhost:81/", true),
            ("https://[::1]/z", true),
            ("http://[::1]/z", false),
        ] {
            assert_eq!(guard.check_literal(&url(text)).is_ok(), admitted, "{text}");
        }
        assert!(guard.check("evil.example", 82, "127.0.0.1".parse().unwrap()).is_err());
    }

    #[test]
    fn ports() {
        assert!(BAD_PORTS.is_sorted());
        let (usual, listed) = (Guard::default(), Guard::new(AllowPrivate::default(), vec![80, 22]));
        for (text, by_default, by_list) in [
            ("http://a.example/", true, true),
            ("https://a.example/", true, false),
            ("http://a.example:22/", false, true),
            ("http://a.example:6667/", false, false),
            ("http://a.example:8080/", true, false),
        ] {
            assert_eq!(
                (usual.check_port(&url(text)).is_ok(), listed.check_port(&url(text)).is_ok()),
                (by_default, by_list)
            );
        }
    }
}
