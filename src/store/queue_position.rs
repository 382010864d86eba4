//! Position of an entry in its host's queue.

use serde::{Deserialize, Serialize};

/// Position in a host's queue: ordered by rank (0 is first), then by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct QueuePosition {
    /// 127 - priority: the higher the priority, the lower the rank.
    pub rank: u8,
    /// Sequence number. Each partition has one counter, so it is unique within a host.
    pub seq: u64,
}
