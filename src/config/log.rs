//! `[log]`

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// The least important lines that are written.
    pub level: Level,
    /// What a line looks like.
    pub format: Format,
    /// How often the statistics are logged; zero = never.
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
    /// Something was lost, or works less well.
    Warn,
    /// What the crawl as a whole does.
    #[default]
    Info,
    /// What becomes of each page.
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
    /// One JSON object a line.
    Json,
}
