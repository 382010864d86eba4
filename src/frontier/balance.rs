//! The URL counters: two equations that hold exactly, at every moment.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Number of links offered and of URLs admitted, by what happened to them.
///
/// 1. offered = duplicates + refused + asked + admitted
/// 2. admitted = queued + leased + done + `not_modified` + redirected + rejected + parked
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Links and seeds offered to the frontier.
    pub offered: u64,
    /// Links to known URLs.
    pub duplicates: u64,
    /// Links that do not belong to the crawl.
    pub refused: u64,
    /// Links whose URLs the store has not looked up yet.
    pub asked: u64,
    /// New URLs.
    pub admitted: u64,
    /// URLs in queues, except parked ones.
    pub queued: u64,
    /// URLs with a lease out.
    pub leased: u64,
    /// URLs fetched and handled.
    pub done: u64,
    /// URLs unchanged since the last visit.
    pub not_modified: u64,
    /// URLs that redirected to another one.
    pub redirected: u64,
    /// URLs that ended for another reason.
    pub rejected: u64,
    /// URLs in the queues of parked hosts, which cannot be asked within the limits.
    pub parked: u64,
}

impl Balance {
    /// Adds the counters of `other`, which sets only those that never shrink.
    pub(super) fn merge(&mut self, other: &Self) {
        self.offered += other.offered;
        self.duplicates += other.duplicates;
        self.refused += other.refused;
        self.admitted += other.admitted;
        self.done += other.done;
        self.not_modified += other.not_modified;
        self.redirected += other.redirected;
        self.rejected += other.rejected;
    }

    /// Returns the number of URLs that have ended.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.done + self.not_modified + self.redirected + self.rejected
    }

    /// Checks both equations.
    ///
    /// # Errors
    /// The equation that does not hold, with its figures.
    pub fn check(&self) -> Result<(), String> {
        let offered = self.duplicates + self.refused + self.asked + self.admitted;
        let admitted = self.queued + self.leased + self.ended() + self.parked;
        match (self.offered == offered, self.admitted == admitted) {
            (true, true) => Ok(()),
            (false, _) => Err(format!("offered is not {offered}: {self}")),
            (true, false) => Err(format!("admitted is not {admitted}: {self}")),
        }
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offered, duplicates, refused, asked, admitted, queued, leased, .. } = self;
        let Self { done, not_modified, redirected, rejected, parked, .. } = self;
        write!(
            formatter,
            "offered {offered} = duplicates {duplicates} + refused {refused} + asked {asked} + admitted {admitted}; \
             admitted {admitted} = queued {queued} + leased {leased} + done {done} + not_modified {not_modified} + \
             redirected {redirected} + rejected {rejected} + parked {parked}"
        )
    }
}

/// Number of hosts in memory, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostCounts {
    /// All hosts in memory.
    pub known: usize,
    /// Hosts that may be asked now.
    pub ready: usize,
    /// Hosts that may be asked later.
    pub waiting: usize,
    /// Hosts that cannot be asked within the limits.
    pub parked: usize,
}
