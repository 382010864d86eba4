//! The frontier's books: two equations that hold to the unit, at every moment.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What became of every link offered and every URL admitted.
///
/// 1. offered = duplicates + refused + asked + admitted
/// 2. admitted = queued + leased + done + `not_modified` + redirected + rejected + parked
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Links and seeds that came to the door.
    pub offered: u64,
    /// Known already.
    pub duplicates: u64,
    /// Not the crawl's business.
    pub refused: u64,
    /// The store has not said yet whether they are known.
    pub asked: u64,
    /// Taken in.
    pub admitted: u64,
    /// Waiting for their turn.
    pub queued: u64,
    /// On loan.
    pub leased: u64,
    /// Fetched and handled.
    pub done: u64,
    /// Unchanged since last time.
    pub not_modified: u64,
    /// Answered by a redirect.
    pub redirected: u64,
    /// Ended for another reason.
    pub rejected: u64,
    /// Queued at hosts that cannot be asked within the limits.
    pub parked: u64,
}

impl Balance {
    /// Adds another's counters, of which only those that never shrink may be set.
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

    /// URLs that have ended.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.done + self.not_modified + self.redirected + self.rejected
    }

    /// Whether both equations hold.
    ///
    /// # Errors
    /// The equation that does not, with its figures.
    pub fn check(&self) -> Result<(), String> {
        let door = self.duplicates + self.refused + self.asked + self.admitted;
        let inside = self.queued + self.leased + self.ended() + self.parked;
        match (self.offered == door, self.admitted == inside) {
            (true, true) => Ok(()),
            (false, _) => Err(format!("offered is not {door}: {self}")),
            (true, false) => Err(format!("admitted is not {inside}: {self}")),
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

/// Hosts in memory, by standing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostCounts {
    /// All.
    pub known: usize,
    /// May give a URL now.
    pub ready: usize,
    /// Wait for their time.
    pub waiting: usize,
    /// Cannot be asked within the limits.
    pub parked: usize,
}
