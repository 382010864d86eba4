//! `[log]`

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Lowest level that is written.
    pub level: Level,
    /// Format of a line.
    pub format: Format,
    /// Interval of the statistics; 0 = never.
    #[serde(with = "crate::base::units::duration")]
    pub stats_interval: Duration,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: Level::Info, format: Format::Text, stats_interval: Duration::from_secs(60) }
    }
}

/// `log.level`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The operator must act.
    Error,
    /// Something is lost or degraded.
    Warn,
    /// Lifecycle of the crawl.
    #[default]
    Info,
    /// Each page.
    Debug,
    /// Everything.
    Trace,
}

/// `log.format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// `2026-09-01 12:00:00 [component] LEVEL: message key=value`
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}
