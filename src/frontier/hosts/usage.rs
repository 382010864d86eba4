//! What a host has cost so far.

use serde::{Deserialize, Serialize};

use crate::frontier::assignment::FetchInfo;

/// What a host has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostUsage {
    pub(crate) requests: u64,
    pub(crate) bytes: u64,
    pub(crate) millis: u64,
}

impl HostUsage {
    /// Adds a request.
    pub(crate) fn add(&mut self, fetch_info: &FetchInfo) {
        let Some(started) = fetch_info.started else { return };
        self.requests += 1;
        self.bytes = self.bytes.saturating_add(fetch_info.bytes);
        let took = u64::try_from(fetch_info.ended.since(started).as_millis()).unwrap_or(u64::MAX);
        self.millis = self.millis.saturating_add(took);
    }
}
