//! `[limits]`: what ends a crawl early.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    base::units::ByteSize,
    frontier::Balance,
    report::{Finish, Snapshot},
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
    #[serde(with = "crate::base::units::duration")]
    pub time: Duration,
    /// Requests that failed.
    pub errors: u64,
    /// A host that cannot be asked for longer than this is parked.
    #[serde(with = "crate::base::units::duration")]
    pub wait: Duration,
    /// While a disk has less room than this, nothing is lent; a crawl for which that takes longer than `wait` ends.
    pub disk_free: ByteSize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pages: 0,
            records: 0,
            bytes: ByteSize(0),
            time: Duration::ZERO,
            errors: 0,
            wait: Duration::from_secs(600),
            disk_free: ByteSize(64 << 20),
        }
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

    /// Whether one more page may be lent: those that are out have reserved a page each, and as many bytes as pages have
    /// had so far. What fails gives that back, so `pages` is met to the unit, and `bytes` to the page.
    #[must_use]
    pub fn have_room(&self, balance: &Balance, bytes: u64) -> bool {
        let pages = balance.done + balance.not_modified;
        let usual = bytes / balance.ended().max(1);
        let reserved = bytes.saturating_add(usual.saturating_mul(balance.leased));
        (self.pages == 0 || pages + balance.leased < self.pages) && (self.bytes.0 == 0 || reserved < self.bytes.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_has_reserved_its_part() {
        let limits = |pages, bytes| Limits { pages, bytes: ByteSize(bytes), ..Limits::default() };
        let balance = |done, leased| Balance { done, leased, ..Balance::default() };
        for (limits, balance, bytes, has_room) in [
            (limits(0, 0), balance(9, 9), 9, true),
            (limits(10, 0), balance(7, 2), 0, true),
            (limits(10, 0), balance(7, 3), 0, false),
            (limits(0, 100), balance(5, 4), 50, true),
            (limits(0, 100), balance(5, 5), 50, false),
            (limits(0, 100), balance(0, 5), 0, true),
        ] {
            assert_eq!(limits.have_room(&balance, bytes), has_room, "{limits:?} {balance} {bytes}");
        }
    }
}
