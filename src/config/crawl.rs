//! `[crawl]`

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::seeds::request::SeedConfig;
use crate::transport::AllowPrivate;

/// `[crawl]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Crawl {
    /// Name of the crawl, for logs.
    pub name: String,
    /// Seeds as [`parse_seed`](crate::parse_seed) reads them.
    pub seeds: Vec<String>,
    /// Files with a seed a line; `-` is standard input.
    pub seed_files: Vec<PathBuf>,
    /// Addresses that are not public and yet may be connected to.
    pub allow_private: AllowPrivate,
    /// Where the people that are crawled can reach whoever crawls: a page or a mail address.
    pub contact: String,
    /// How the crawler names itself; empty: "lycosa/VERSION (+contact)".
    pub user_agent: String,
    /// Seeds that need more than a line.
    pub request: Vec<SeedConfig>,
}

impl Default for Crawl {
    fn default() -> Self {
        Self {
            name: "crawl".to_owned(),
            seeds: Vec::new(),
            seed_files: Vec::new(),
            allow_private: AllowPrivate::default(),
            contact: String::new(),
            user_agent: String::new(),
            request: Vec::new(),
        }
    }
}

impl Crawl {
    /// The `User-Agent` that requests carry.
    #[must_use]
    pub fn agent(&self) -> String {
        let product = concat!("lycosa/", env!("CARGO_PKG_VERSION"));
        match (self.user_agent.as_str(), self.contact.as_str()) {
            ("", "") => product.to_owned(),
            ("", contact) => format!("{product} (+{contact})"),
            (agent, _) => agent.to_owned(),
        }
    }

    /// The part of [`Crawl::agent`] that robots.txt knows the crawler by: it begins with the product token. Agents that
    /// pretend to be browsers name themselves after `compatible;`.
    #[must_use]
    pub fn robots_agent(&self) -> String {
        let agent = self.agent();
        let named = agent.strip_prefix("Mozilla/").and_then(|rest| rest.split_once("compatible;"));
        named.map(|(_, name)| name.trim_start().to_owned()).filter(|name| !name.is_empty()).unwrap_or(agent)
    }

    /// Whether the people that are crawled can find out whom to ask: a contact is given, or the user agent has one.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        !self.contact.is_empty() || self.user_agent.contains("://") || self.user_agent.contains('@')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_for_robots_is_the_agents_own() {
        for (user_agent, name) in [
            ("FooBot/2.1 (+https://a.example/bot)", "FooBot/2.1 (+https://a.example/bot)"),
            ("Mozilla/5.0 (compatible; FooBot/2.1; +https://a.example/bot)", "FooBot/2.1; +https://a.example/bot)"),
            ("Mozilla/5.0 (X11)", "Mozilla/5.0 (X11)"),
        ] {
            let crawl = Crawl { user_agent: user_agent.to_owned(), ..Crawl::default() };
            assert_eq!(crawl.robots_agent(), name);
        }
        assert!(Crawl::default().robots_agent().starts_with("lycosa/"));
    }
}
