//! Proxies from environment variables: `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in lower or upper case.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};

use crate::{
    transport::{address_range, is_local},
    urls::glob::host::canonical_name,
};

/// Proxy variables of the environment. They apply if the configuration names no proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    http: Option<String>,
    https: Option<String>,
    /// Hosts that are connected to directly.
    exceptions: Vec<Exception>,
}

/// An entry of `no_proxy`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    All,
    Range(IpNet),
    /// A host with all its subdomains; with a port, only at this port.
    Host(String, Option<u16>),
}

impl Environment {
    /// Reads the variables of this process.
    pub(crate) fn from_process() -> Self {
        Self::read(|name| std::env::var(name).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let either = |name: &str| variable(name).or_else(|| variable(&name.to_ascii_uppercase()));
        let proxy = |name: &str| either(name).or_else(|| either("all_proxy")).filter(|text| !text.is_empty());
        // Like curl, accept an address without a scheme.
        let with_scheme = |text: String| if text.contains("://") { text } else { format!("http://{text}") };
        let list = either("no_proxy").unwrap_or_default();
        let entries = list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty());
        Self {
            http: proxy("http_proxy").map(with_scheme),
            https: proxy("https_proxy").map(with_scheme),
            exceptions: entries.map(Exception::parse).collect(),
        }
    }

    /// Returns true if there is a proxy.
    pub(crate) fn has_proxy(&self) -> bool {
        self.http.is_some() || self.https.is_some()
    }

    /// Returns the URLs of the proxies, each once.
    pub(crate) fn urls(&self) -> impl Iterator<Item = &str> {
        let https = self.https.as_deref().filter(|https| self.http.as_deref() != Some(https));
        self.http.as_deref().into_iter().chain(https)
    }

    /// Returns the proxy for a URL. `None` for this machine, as in browsers.
    pub(crate) fn proxy(&self, url: &Url) -> Option<&str> {
        let proxy = if url.scheme() == "https" { self.https.as_deref() } else { self.http.as_deref() };
        proxy.filter(|_| !is_this_machine(url) && !self.exceptions.iter().any(|exception| exception.covers(url)))
    }
}

impl Exception {
    fn parse(text: &str) -> Self {
        if text == "*" {
            return Self::All;
        }
        if let Some(range) = address_range(text) {
            return Self::Range(range);
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => (host, port.parse().ok()),
            Some(_) | None => (text, None),
        };
        let host = host.trim_start_matches('*').trim_matches('.');
        // An entry that is not valid matches no host, as in other programs.
        let name = canonical_name(host).unwrap_or_else(|_| host.to_owned());
        Self::Host(name, port)
    }

    fn covers(&self, url: &Url) -> bool {
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::from(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::from(address).to_canonical()),
            Some(Host::Domain(_)) | None => None,
        };
        match self {
            Self::All => true,
            Self::Range(range) => address.is_some_and(|address| range.contains(&address)),
            Self::Host(name, port) => {
                let host = url.host_str().unwrap_or_default().trim_end_matches('.');
                let is_below = || host.strip_suffix(&**name).is_some_and(|before| before.ends_with('.'));
                let is_host = host == name || is_below();
                is_host && port.is_none_or(|port| url.port_or_known_default() == Some(port))
            }
        }
    }
}

/// Returns true if the host is this machine.
fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_local(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_parsed() {
        let environment = Environment::read(|name| {
            let value = match name {
                "http_proxy" => "proxy.example:3128",
                "ALL_PROXY" => "socks5://all.example",
                "NO_PROXY" => {
                    "direct.example, .below.example. 10.0.0.0/8,port.example.:8080,192.0.2.1,[2001:db8::1],*.BÜCHER.example,[2001:DB8:0::2]:8080,[2001:db8:1::]/48,2001:db8:2::/48,0x7f"
                }
                _ => return None,
            };
            Some(value.to_owned())
        });
        for (url, proxy) in [
            ("http://a.example/", Some("http://proxy.example:3128")),
            ("https://a.example/", Some("socks5://all.example")),
            ("http://direct.example/", None),
            ("http://www.direct.example./", None),
            ("http://indirect.example/", Some("http://proxy.example:3128")),
            ("http://x.below.example/", None),
            ("http://10.1.2.3/", None),
            ("http://192.0.2.1/", None),
            ("http://[2001:db8::1]/", None),
            ("http://port.example:8080/", None),
            ("http://bücher.example/", None),
            ("http://shop.xn--bcher-kva.example./", None),
            ("http://[2001:db8::2]:8080/", None),
            ("http://[2001:db8::2]/", Some("http://proxy.example:3128")),
            ("http://[2001:db8:1::9]/", None),
            ("http://[2001:db8:2::9]/", None),
            ("http://[2001:db8:3::9]/", Some("http://proxy.example:3128")),
            ("http://0.0.0.127/", None),
            ("http://[::ffff:192.0.2.1]/", None),
            ("http://port.example/", Some("http://proxy.example:3128")),
            ("http://127.0.0.1:8080/", None),
            ("https://[::1]/", None),
            ("http://x.localhost./", None),
        ] {
            assert_eq!(environment.proxy(&url.parse().unwrap()), proxy, "{url}");
        }
        assert_eq!(environment.urls().count(), 2);
        assert!(environment.has_proxy() && !Environment::read(|_| None).has_proxy());
        let nothing = Environment::read(|name| Some(if name == "no_proxy" { "*" } else { "a:1" }.to_owned()));
        assert_eq!(nothing.proxy(&"http://a.example/".parse().unwrap()), None);
    }
}
