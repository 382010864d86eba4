//! `[runtime]`

use serde::{Deserialize, Serialize};

/// `[runtime]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Runtime {
    /// Number of worker threads, which fetch and parse; 0 = one per available core.
    pub workers: usize,
}
