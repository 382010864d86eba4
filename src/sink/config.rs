//! `[[sink]]`

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One `[[sink]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The exporter.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The file it writes.
    #[serde(default)]
    pub path: Option<PathBuf>,
    /// Only records of requests with this label.
    #[serde(default)]
    pub label: Option<String>,
}

/// `sink.type`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One JSON value a line, appended to a file.
    Jsonl,
    /// The same on standard output.
    Stdout,
}
