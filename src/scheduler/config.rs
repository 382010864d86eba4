//! `[scheduler]`

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::units::ByteSize;

/// `[scheduler]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Leases out at the same time; 0 = twice `fetcher.concurrency`.
    pub max_in_flight: usize,
    /// Bytes that leases may hold together: bodies, texts, links, records.
    pub max_in_flight_bytes: ByteSize,
    /// How long a stop waits for what is in flight.
    #[serde(with = "crate::base::units::duration")]
    pub drain: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_in_flight: 0, max_in_flight_bytes: ByteSize(256 << 20), drain: Duration::from_secs(30) }
    }
}
