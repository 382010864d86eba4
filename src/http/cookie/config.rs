//! `[cookies]`

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::units::ByteSize;

/// `[cookies]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether cookies are stored and sent back.
    pub enabled: bool,
    /// Netscape cookie file (as curl and browser extensions write it), read at the start into the unnamed jar; empty: none.
    /// It overrides the cookies of the state if it is newer.
    pub file: PathBuf,
    /// Maximum memory of all jars together.
    pub memory: ByteSize,
}

impl Default for Config {
    fn default() -> Self {
        Self { enabled: true, file: PathBuf::new(), memory: ByteSize(16 << 20) }
    }
}
