//! What the requests to a host have cost.

use serde::{Deserialize, Serialize};

use crate::frontier::assignment::FetchInfo;

/// Total cost of the requests to a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostUsage {
    pub(crate) requests: u64,
    /// Bytes of the bodies received.
    pub(crate) bytes: u64,
    /// Total time of the requests, in milliseconds.
    pub(crate) millis: u64,
}

impl HostUsage {
    /// Adds a request, unless it never started.
    pub(crate) fn add(&mut self, fetch_info: &FetchInfo) {
        let Some(started) = fetch_info.started else { return };
        self.requests += 1;
        self.bytes = self.bytes.saturating_add(fetch_info.bytes);
        let took = u64::try_from(fetch_info.ended.since(started).as_millis()).unwrap_or(u64::MAX);
        self.millis = self.millis.saturating_add(took);
    }
}
