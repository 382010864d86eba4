//! robots.txt (RFC 9309): parser and matcher, pure.

use std::{sync::Arc, time::Duration};

/// What a host's robots.txt says to one user agent.
#[derive(Clone, Debug, Default)]
pub struct Robots {
    crawl_delay: Option<Duration>,
}

impl Robots {
    /// Parses the file for the product token `agent`.
    #[must_use]
    pub fn parse(_body: &[u8], _agent: &str) -> Self {
        Self::default()
    }

    /// Whether the agent may fetch `path` (path and query of the URL, as on the wire).
    #[must_use]
    pub fn allows(&self, _path: &str) -> bool {
        true
    }

    /// The group's `Crawl-delay`.
    #[must_use]
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }
}

/// What asking a host for its robots.txt gave.
#[derive(Clone, Debug)]
pub enum RobotsAnswer {
    /// Its rules; empty ones for a 4xx.
    Rules(Arc<Robots>),
    /// A 5xx or no answer: everything is forbidden for now (RFC 9309 section 2.3.1.4); in these words.
    Unreachable(Arc<str>),
}
