//! Host patterns of the configuration: `www.example.org`, or `*.example.org` for all subdomains.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Serialize};

/// A host, or all subdomains of a domain.
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
    /// Returns true if the pattern matches this host, a name or an address without brackets.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        match self.reach {
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
        let (name, reach) = text.strip_prefix("*.").map_or((text, Reach::Exact), |name| (name, Reach::Below));
        // Names are compared without a final dot.
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_name =
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter));
        if is_name || (reach == Reach::Exact && name.parse::<IpAddr>().is_ok()) {
            return Ok(Self { name: name.to_owned(), reach });
        }
        Err(format!("`{text}` is not a host: write www.example.org or *.example.org"))
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
        assert!("A.example.".parse::<HostPattern>().unwrap().matches("a.example"));
        for text in ["", ".", "*.", "*..", "a b", "*.::1", "http://a"] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }
}
