//! `crawl.allow_private`

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
};

use crate::urls::host_pattern::HostPattern;

/// `crawl.allow_private`: addresses that may be connected to although they are not public. `true`, or a list of addresses,
/// ranges (`10.0.0.0/8`) and names (`wiki.corp.example`, `*.corp.example`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowPrivate {
    /// All addresses.
    All,
    /// The addresses and hosts of this list.
    Listed(Vec<Allowed>),
}

/// An entry of `crawl.allow_private`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// These addresses, for any host.
    Range(IpNet),
    /// These hosts, at any address.
    Hosts(HostPattern),
}

impl Default for AllowPrivate {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl AllowPrivate {
    /// Returns true if this host may be connected to at this address.
    pub(crate) fn admits(&self, host: &str, address: IpAddr) -> bool {
        let entries = match self {
            Self::All => return true,
            Self::Listed(entries) => entries,
        };
        entries.iter().any(|entry| match entry {
            Allowed::Range(range) => range.contains(&address),
            Allowed::Hosts(pattern) => pattern.matches(host),
        })
    }
}

impl FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(range) = address_range(text) {
            return Ok(Self::Range(range));
        }
        text.parse()
            .map(Self::Hosts)
            .map_err(|_| format!("`{text}`: expected an address, a range (10.0.0.0/8) or a name (*.corp.example)"))
    }
}

/// Parses an address or a range of addresses.
///
/// An IPv6 address may be in brackets, as in URLs. One that contains an IPv4 address means that address.
pub(crate) fn address_range(text: &str) -> Option<IpNet> {
    let bare = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) if address.contains(':') && (rest.is_empty() || rest.starts_with('/')) => {
            format!("{address}{rest}")
        }
        Some(_) | None => text.to_owned(),
    };
    bare.parse().or_else(|_| bare.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()))).ok()
}

impl fmt::Display for Allowed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(formatter),
            Self::Hosts(pattern) => pattern.fmt(formatter),
        }
    }
}

impl Serialize for AllowPrivate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_bool(true),
            Self::Listed(entries) => serializer.collect_seq(entries.iter().map(ToString::to_string)),
        }
    }
}

impl<'de> Deserialize<'de> for AllowPrivate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AllowVisitor)
    }
}

struct AllowVisitor;

impl<'de> Visitor<'de> for AllowVisitor {
    type Value = AllowPrivate;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("true, or a list of ranges and names")
    }

    fn visit_bool<E: de::Error>(self, all: bool) -> Result<AllowPrivate, E> {
        Ok(if all { AllowPrivate::All } else { AllowPrivate::default() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AllowPrivate, A::Error> {
        let mut entries = Vec::new();
        while let Some(text) = list.next_element::<String>()? {
            // `true` of a flag or variable arrives as a list of one text.
            match text.as_str() {
                "true" => return Ok(AllowPrivate::All),
                "false" => {}
                _ => entries.push(text.parse().map_err(de::Error::custom)?),
            }
        }
        Ok(AllowPrivate::Listed(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written() {
        #[derive(Deserialize, Serialize)]
        struct Table {
            key: AllowPrivate,
        }
        for (text, again) in [
            ("key = true", "key = true"),
            ("key = [\"true\"]", "key = true"),
            ("key = false", "key = []"),
            ("key = [\"[::1]\", \"[FC00::]/7\"]", "key = [\"::1/128\", \"fc00::/7\"]"),
            ("key = [\"::ffff:10.0.0.1\"]", "key = [\"10.0.0.1/32\"]"),
            ("key = [\"*.BÜCHER.example.\", \"0x7f.1\"]", "key = [\"*.xn--bcher-kva.example\", \"127.0.0.1\"]"),
            ("key = [\"10.0.0.0/8\", \"::1\", \"*.x\", \"y\"]", "key = [\"10.0.0.0/8\", \"::1/128\", \"*.x\", \"y\"]"),
        ] {
            let table: Table = toml::from_str(text).unwrap();
            assert_eq!(toml::to_string(&table).unwrap().trim(), again);
        }
        for text in [
            "key = [\"10.0.0.0/99\"]",
            "key = [\"\"]",
            "key = [\"a b\"]",
            "key = [\"http://a/\"]",
            "key = [\"[::1\"]",
            "key = [\"a:80\"]",
            "key = 1",
        ] {
            assert!(toml::from_str::<Table>(text).is_err(), "{text}");
        }
    }
}
