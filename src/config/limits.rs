//! `[limits]`

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::units::ByteSize;

/// `[limits]`: the crawl ends when one of them is reached; 0 = no limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Pages handled.
    pub pages: u64,
    /// Records put out.
    pub records: u64,
    /// Bytes received.
    pub bytes: ByteSize,
    /// Time since the start.
    #[serde(with = "crate::units::duration")]
    pub time: Duration,
    /// Pages given up or rejected because of an error.
    pub errors: u64,
    /// A host that must not be asked for longer than this is parked.
    #[serde(with = "crate::units::duration")]
    pub wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let (pages, records, errors) = (0, 0, 0);
        Self { pages, records, bytes: ByteSize(0), time: Duration::ZERO, errors, wait: Duration::from_secs(600) }
    }
}
