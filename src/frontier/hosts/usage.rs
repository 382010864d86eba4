//! What a host has cost so far.

use serde::{Deserialize, Serialize};

use crate::frontier::assignment::Visit;

/// What a host has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spent {
    pub(crate) requests: u64,
    pub(crate) bytes: u64,
    pub(crate) millis: u64,
}

impl Spent {
    /// Adds a request.
    pub(crate) fn add(&mut self, visit: &Visit) {
        let Some(started) = visit.started else { return };
        self.requests += 1;
        self.bytes = self.bytes.saturating_add(visit.bytes);
        let took = u64::try_from(visit.ended.since(started).as_millis()).unwrap_or(u64::MAX);
        self.millis = self.millis.saturating_add(took);
    }
}
