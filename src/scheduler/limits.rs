//! `[limits]`: what ends a crawl early.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    report::{Finish, Snapshot},
    units::ByteSize,
};

/// `[limits]`; 0 = no limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Pages done.
    pub pages: u64,
    /// Records handed to the exporters.
    pub records: u64,
    /// Bytes of bodies received.
    pub bytes: ByteSize,
    /// Since the start.
    #[serde(with = "crate::units::duration")]
    pub time: Duration,
    /// Requests that failed.
    pub errors: u64,
    /// A host that cannot be asked for longer than this is parked.
    #[serde(with = "crate::units::duration")]
    pub wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let (pages, records, bytes, time, errors) = Default::default();
        Self { pages, records, bytes, time, errors, wait: Duration::from_secs(600) }
    }
}

impl Limits {
    /// The limit that a crawl at this point has reached.
    #[must_use]
    pub fn reached(&self, so_far: &Snapshot, bytes: u64) -> Option<Finish> {
        let checks = [
            (self.pages, so_far.pages, Finish::Pages),
            (self.records, so_far.records, Finish::Records),
            (self.bytes.0, bytes, Finish::Bytes),
            (self.errors, so_far.errors, Finish::Errors),
        ];
        let over = checks.into_iter().find(|(limit, sum, _)| *limit > 0 && sum >= limit);
        let late = !self.time.is_zero() && so_far.elapsed >= self.time;
        over.map(|(.., finish)| finish).or(late.then_some(Finish::Time))
    }
}
