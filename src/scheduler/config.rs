//! `[scheduler]`

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::units::ByteSize;

/// `[scheduler]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Maximum number of leases in flight; 0 = twice `fetcher.concurrency`.
    pub max_in_flight: usize,
    /// Maximum number of bytes held by leases: bodies, texts, links, records.
    pub max_in_flight_bytes: ByteSize,
    /// Maximum time that a stop waits for what is in flight.
    #[serde(with = "crate::base::units::duration")]
    pub drain: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_in_flight: 0, max_in_flight_bytes: ByteSize(256 << 20), drain: Duration::from_secs(30) }
    }
}
