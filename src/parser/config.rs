//! `[parser]`

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{base::units::ByteSize, http::refresh::AtRefresh};

/// `[parser]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Parser actors on the workers; 0 = one per worker.
    pub actors: usize,
    /// Bodies above this go to the offload parsers; 0 = all.
    pub inline_limit: ByteSize,
    /// Parsers with a thread of their own.
    pub offload_actors: usize,
    /// Answers that reach a handler: `"2xx"`, `"404"`, `"500-599"`.
    pub statuses: Vec<String>,
    /// What becomes of a page with a `Refresh` field or a `<meta http-equiv=refresh>` to another place.
    pub refresh: AtRefresh,
    /// A refresh after a longer time is ignored.
    #[serde(with = "crate::base::units::duration")]
    pub refresh_delay: Duration,
    /// Links of one page, at most.
    pub max_links: usize,
    /// Records of one page, serialised, at most.
    pub max_output: ByteSize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            actors: 0,
            inline_limit: ByteSize(256 << 10),
            offload_actors: 1,
            statuses: vec!["2xx".to_owned()],
            refresh: AtRefresh::Ignore,
            refresh_delay: Duration::from_secs(100),
            max_links: 10_000,
            max_output: ByteSize(16 << 20),
        }
    }
}
