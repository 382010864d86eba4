//! `[cookies]`

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::units::ByteSize;

/// `[cookies]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether cookies are kept and sent back.
    pub enabled: bool,
    /// A Netscape cookie file (as curl and browsers' exporters write it), read at the start into the jar without a name,
    /// and over what a state kept if it was written since; empty: none.
    pub file: PathBuf,
    /// What the cookies of all jars together may take.
    pub memory: ByteSize,
}

impl Default for Config {
    fn default() -> Self {
        Self { enabled: true, file: PathBuf::new(), memory: ByteSize(16 << 20) }
    }
}
