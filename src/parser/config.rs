//! The section `[parser]`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{base::units::ByteSize, http::refresh::AtRefresh};

/// The section `[parser]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Number of Parser actors on the workers. 0 means one per worker.
    pub actors: usize,
    /// Maximum body size for the Parsers on the workers; larger bodies go to the offload Parsers. 0 means all bodies.
    pub inline_limit: ByteSize,
    /// Number of offload Parsers, each with its own thread.
    pub offload_actors: usize,
    /// Status codes that reach a handler: `"2xx"`, `"404"`, `"500-599"`.
    pub statuses: Vec<String>,
    /// Treatment of pages with a `Refresh` field or a `<meta http-equiv=refresh>` to another URL.
    pub refresh: AtRefresh,
    /// Maximum delay of a refresh. One with a longer delay is ignored.
    #[serde(with = "crate::base::units::duration")]
    pub refresh_delay: Duration,
    /// Treatment of frames (`frame[src]`, `iframe[src]`).
    pub frames: AtFrame,
    /// Maximum number of links followed per page.
    pub max_links: usize,
    /// Maximum total size of the serialized records of a page.
    pub max_output: ByteSize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            actors: 0,
            inline_limit: ByteSize(256 << 10),
            offload_actors: 1,
            statuses: vec!["2xx".to_owned()],
            refresh: AtRefresh::default(),
            refresh_delay: Duration::from_secs(100),
            frames: AtFrame::default(),
            max_links: 10_000,
            max_output: ByteSize(16 << 20),
        }
    }
}

/// `parser.frames`: treatment of the frames of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AtFrame {
    /// Frames are followed like links.
    #[default]
    Follow,
    /// Frames are not followed.
    Ignore,
}
