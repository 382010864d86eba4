//! `crawl.allow_private`

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
};

/// `crawl.allow_private`: what may be connected to although it is no public address. `true`, or a list of addresses,
/// ranges (`10.0.0.0/8`) and names (`wiki.corp.example`, `*.corp.example`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowPrivate {
    /// Everything.
    All,
    /// What is on the list.
    Listed(Vec<Allowed>),
}

/// An entry of `crawl.allow_private`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// These addresses, whatever host they are asked for.
    Range(IpNet),
    /// Whatever address this host has.
    Name(String),
    /// Whatever address the hosts below this domain have.
    Below(String),
}

impl Default for AllowPrivate {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl AllowPrivate {
    /// Whether this host may be connected to at this address.
    pub(super) fn admits(&self, host: &str, address: IpAddr) -> bool {
        let entries = match self {
            Self::All => return true,
            Self::Listed(entries) => entries,
        };
        let host = host.trim_end_matches('.');
        entries.iter().any(|entry| match entry {
            Allowed::Range(range) => range.contains(&address),
            Allowed::Name(name) => name.eq_ignore_ascii_case(host),
            Allowed::Below(domain) => {
                let start = host.len().checked_sub(domain.len());
                let end = start.and_then(|start| Some((host.get(..start)?, host.get(start..)?)));
                end.is_some_and(|(before, end)| before.ends_with('.') && end.eq_ignore_ascii_case(domain))
            }
        })
    }
}

impl FromStr for Allowed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Range(address.into()));
        }
        if let Ok(range) = text.parse() {
            return Ok(Self::Range(range));
        }
        let (name, is_domain) = text.strip_prefix("*.").map_or((text, false), |name| (name, true));
        let is_name = |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._".contains(letter));
        if name.is_empty() || !is_name(name) {
            return Err(format!("`{text}`: write an address, a range (10.0.0.0/8) or a name (*.corp.example)"));
        }
        Ok(if is_domain { Self::Below(name.to_owned()) } else { Self::Name(name.to_owned()) })
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(formatter),
            Self::Name(name) => formatter.write_str(name),
            Self::Below(domain) => write!(formatter, "*.{domain}"),
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
            // So a variable or flag says `true`: one value is a list of one where a list belongs.
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
            ("key = [\"10.0.0.0/8\", \"::1\", \"*.x\", \"y\"]", "key = [\"10.0.0.0/8\", \"::1/128\", \"*.x\", \"y\"]"),
        ] {
            let table: Table = toml::from_str(text).unwrap();
            assert_eq!(toml::to_string(&table).unwrap().trim(), again);
        }
        for text in ["key = [\"10.0.0.0/99\"]", "key = [\"\"]", "key = [\"a b\"]", "key = 1"] {
            assert!(toml::from_str::<Table>(text).is_err(), "{text}");
        }
    }
}
