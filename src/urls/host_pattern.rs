//! Host patterns of the configuration: `www.example.org`, or `*.example.org` for all subdomains.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use super::glob::host::canonical_name;

/// A host, or all subdomains of a domain, in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern {
    name: String,
    reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// This host.
    Exact,
    /// All subdomains, but not the domain itself.
    Below,
}

impl HostPattern {
    /// Returns true if the pattern matches this host, a name or an address with or without brackets.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        match self.reach {
            Reach::Exact if host.contains(':') => {
                // An IPv6 address has several spellings.
                let address = host.trim_matches(['[', ']']).parse::<Ipv6Addr>();
                address.is_ok_and(|address| self.name.parse() == Ok(address))
            }
            Reach::Exact => self.name.eq_ignore_ascii_case(host),
            Reach::Below => {
                let start = host.len().checked_sub(self.name.len());
                let parts = start.and_then(|start| Some((host.get(..start)?, host.get(start..)?)));
                parts.is_some_and(|(before, end)| before.ends_with('.') && end.eq_ignore_ascii_case(&self.name))
            }
        }
    }
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a host: write www.example.org, *.example.org, 127.0.0.1 or ::1");
        let (name, reach) = text.strip_prefix("*.").map_or((text, Reach::Exact), |name| (name, Reach::Below));
        let name = canonical_name(name).map_err(|_| bad())?;
        let is_address = name.starts_with('[') || name.parse::<Ipv4Addr>().is_ok();
        if reach == Reach::Below && is_address {
            return Err(bad());
        }
        Ok(Self { name: name.trim_matches(['[', ']']).to_owned(), reach })
    }
}

impl TryFrom<String> for HostPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = match self.reach {
            Reach::Exact => "",
            Reach::Below => "*.",
        };
        write!(formatter, "{start}{}", self.name)
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, host, matches) in [
            ("a.example", "A.example.", true),
            ("a.example", "b.a.example", false),
            ("*.a.example", "b.a.example", true),
            ("*.a.example", "a.example", false),
            ("*.a.example", "ba.example", false),
            ("*.a.example", "x", false),
            ("::1", "::1", true),
            ("127.0.0.1", "127.0.0.1", true),
        ] {
            let parsed: HostPattern = pattern.parse().unwrap();
            assert_eq!((parsed.matches(host), parsed.to_string().as_str()), (matches, pattern), "{host}");
        }
        for (pattern, host) in [
            ("A.example.", "a.example"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("*.BÜCHER.example", "shop.xn--bcher-kva.example"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("[::1]", "::1"),
            ("0:0::0001", "[::1]"),
            ("::ffff:127.0.0.1", "::ffff:7f00:1"),
            ("[::FFFF:7f00:1]", "::ffff:127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
        ] {
            assert!(pattern.parse::<HostPattern>().unwrap().matches(host), "{pattern} {host}");
        }
        assert!(!"::1".parse::<HostPattern>().unwrap().matches("::2"));
        for text in [
            "",
            " ",
            ".",
            "*.",
            "*..",
            "*",
            "a b",
            "*.::1",
            "*.127.0.0.1",
            "http://a",
            "a.example:80",
            "[::1]:80",
            "a/b",
            "u@a",
            ".a.example",
            "a..b",
            "*a.example",
            "a.*.example",
            "300.1.1.1",
            "[::g]",
            "a#b",
        ] {
            let error = text.parse::<HostPattern>().expect_err(text);
            assert!(error.contains(text) && error.contains("*.example.org"), "{error}");
        }
    }
}
