//! `[limits]`: ends a crawl early.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::memory_limit::MemoryLimit;
use crate::{
    base::units::ByteSize,
    frontier::Balance,
    report::{Finish, Snapshot},
};

/// `[limits]`; 0 means no limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Maximum number of pages.
    pub pages: u64,
    /// Maximum number of records; the Sink meets it exactly.
    pub records: u64,
    /// Maximum number of bytes received as bodies.
    pub bytes: ByteSize,
    /// Maximum time since the start.
    #[serde(with = "crate::base::units::duration")]
    pub time: Duration,
    /// Maximum number of failed attempts to fetch a page or a robots.txt, retries included. An attempt failed if it got no
    /// whole response, or a status that is retried.
    pub errors: u64,
    /// Maximum time that a host is waited for; a host that is due later is parked.
    #[serde(with = "crate::base::units::duration")]
    pub wait: Duration,
    /// Maximum resident memory of the process.
    pub memory: MemoryLimit,
    /// Free disk space below which no lease is issued; a crawl that pauses for longer than `wait` ends.
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
            memory: MemoryLimit::Auto,
            disk_free: ByteSize(64 << 20),
        }
    }
}

impl Limits {
    /// Returns the limit that the crawl has reached; `bytes` is what it has received.
    #[must_use]
    pub fn reached(&self, snapshot: &Snapshot, bytes: u64) -> Option<Finish> {
        let checks = [
            (self.pages, snapshot.pages, Finish::Pages),
            (self.records, snapshot.records, Finish::Records),
            (self.bytes.0, bytes, Finish::Bytes),
            (self.errors, snapshot.errors, Finish::Errors),
        ];
        let reached = checks.into_iter().find(|(limit, sum, _)| *limit > 0 && sum >= limit);
        let is_late = !self.time.is_zero() && snapshot.elapsed >= self.time;
        reached.map(|(.., finish)| finish).or(is_late.then_some(Finish::Time))
    }

    /// Returns true if one more lease may be issued.
    ///
    /// Each lease in flight reserves one page, and as many bytes as a page has had on average. A failed lease gives them
    /// back. So `pages` is met exactly, and `bytes` up to one page.
    #[must_use]
    pub fn admit_lease(&self, balance: &Balance, bytes: u64) -> bool {
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
    fn leases_in_flight_reserve_pages_and_bytes() {
        let limits = |pages, bytes| Limits { pages, bytes: ByteSize(bytes), ..Limits::default() };
        let balance = |done, leased| Balance { done, leased, ..Balance::default() };
        for (limits, balance, bytes, is_admitted) in [
            (limits(0, 0), balance(9, 9), 9, true),
            (limits(10, 0), balance(7, 2), 0, true),
            (limits(10, 0), balance(7, 3), 0, false),
            (limits(0, 100), balance(5, 4), 50, true),
            (limits(0, 100), balance(5, 5), 50, false),
            (limits(0, 100), balance(0, 5), 0, true),
        ] {
            assert_eq!(limits.admit_lease(&balance, bytes), is_admitted, "{limits:?} {balance} {bytes}");
        }
    }
}
