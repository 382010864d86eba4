//! The extent of what is left of a damaged crawl.

/// Last commit in each part of a damaged crawl.
///
/// If they differ, the parts were not written together: each part is as of its own commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Last commit made, by the anchor file; `None` if that cannot be read.
    pub anchor: Option<u64>,
    /// Last commit in the known URLs.
    pub seen: u64,
    /// Last commit in the queues.
    pub queue: u64,
    /// Last commit in the host rows.
    pub hosts: u64,
    /// Last commit in the counters and the positions of the outputs.
    pub positions: u64,
    /// Upper bound of the commits, up to the newest, that are missing or incomplete.
    pub missing: u64,
}

impl Extent {
    /// Returns the newest commit that the anchor or any part has.
    #[must_use]
    pub fn newest(&self) -> u64 {
        let Self { anchor, seen, queue, hosts, positions, missing: _ } = *self;
        [seen, queue, hosts, positions].into_iter().fold(anchor.unwrap_or_default(), u64::max)
    }

    /// Returns true if the positions of the outputs are certainly the last that were committed.
    #[must_use]
    pub fn knows_positions(&self) -> bool {
        self.anchor.is_some() && self.positions == self.newest()
    }
}
