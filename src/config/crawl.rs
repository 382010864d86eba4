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
    /// Seeds, as [`parse_seed`](crate::parse_seed) parses them.
    pub seeds: Vec<String>,
    /// Files with one seed per line; `-` is standard input.
    pub seed_files: Vec<PathBuf>,
    /// Addresses that may be connected to although they are not public.
    pub allow_private: AllowPrivate,
    /// How operators of crawled sites can reach you: the URL of a page, or a mail address.
    pub contact: String,
    /// The `User-Agent` field. Empty means "lycosa/VERSION (+contact)".
    pub user_agent: String,
    /// Seeds as tables, for requests that need more than a line.
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
    /// Returns the `User-Agent` of requests.
    #[must_use]
    pub fn agent(&self) -> String {
        let product = concat!("lycosa/", env!("CARGO_PKG_VERSION"));
        match (self.user_agent.as_str(), self.contact.as_str()) {
            ("", "") => product.to_owned(),
            ("", contact) => format!("{product} (+{contact})"),
            (agent, _) => agent.to_owned(),
        }
    }

    /// Returns the part of [`Crawl::agent`] that is matched against robots.txt. It starts with the product token, which
    /// browser-like agents have after `compatible;`.
    #[must_use]
    pub fn robots_agent(&self) -> String {
        let agent = self.agent();
        let named = agent.strip_prefix("Mozilla/").and_then(|rest| rest.split_once("compatible;"));
        named.map(|(_, name)| name.trim_start().to_owned()).filter(|name| !name.is_empty()).unwrap_or(agent)
    }

    /// Returns true if there is a contact, in `crawl.contact` or in the user agent.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        !self.contact.is_empty() || self.user_agent.contains("://") || self.user_agent.contains('@')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_robots_agent_starts_with_the_product_token() {
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
