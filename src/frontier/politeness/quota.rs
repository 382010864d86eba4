//! What one host may cost: `scope.host_pages`, `host_bytes` and `host_time`.

use std::time::Duration;

use crate::frontier::{
    hosts::HostUsage,
    scope::{self, ScopeKind},
};

/// Maximum number of pages of one host in a crawl without bounds, unless configured.
const MAX_PAGES_ANY: u64 = 10_000;

/// Maximum cost of a host; 0 = no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quota {
    /// URLs admitted, except rejected ones.
    pub(crate) pages: u64,
    /// Bytes of the bodies received.
    pub(crate) bytes: u64,
    /// Total time of its requests.
    pub(crate) time: Duration,
}

/// Whether a quota allows another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuotaState {
    /// Another request is allowed.
    Available,
    /// The requests in flight may need the rest.
    Reserved,
    /// The quota is used up.
    UsedUp,
}

impl Quota {
    /// The quota of a host without overrides.
    pub(crate) fn new(scope: &scope::Config) -> Self {
        let pages = match (scope.host_pages, scope.kind) {
            (0, ScopeKind::Any) => MAX_PAGES_ANY,
            (pages, _) => pages,
        };
        Self { pages, bytes: scope.host_bytes.0, time: scope.host_time }
    }

    /// Returns what is left while `in_flight` requests are out. Each of these reserves the mean cost of a request, so the
    /// last request exceeds a limit by less than its own cost.
    pub(crate) fn state(&self, usage: &HostUsage, in_flight: u64) -> QuotaState {
        let time = u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX);
        let limits = [(self.bytes, usage.bytes), (time, usage.millis)];
        let limited = || limits.into_iter().filter(|(limit, _)| *limit > 0);
        let mean = |sum: u64| sum / usage.requests.max(1);
        if limited().any(|(limit, sum)| sum >= limit) {
            QuotaState::UsedUp
        } else if limited().any(|(limit, sum)| sum.saturating_add(mean(sum).saturating_mul(in_flight)) >= limit) {
            QuotaState::Reserved
        } else {
            QuotaState::Available
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::time::Mono, frontier::assignment::FetchInfo};

    #[test]
    fn requests_in_flight_reserve_their_cost() {
        let fetch_info = |millis: u64, bytes| FetchInfo {
            started: Some(Mono(0)),
            ended: Mono(millis * 1_000_000),
            bytes,
            ..FetchInfo::default()
        };
        let quota = |bytes, seconds| Quota { pages: 0, bytes, time: Duration::from_secs(seconds) };
        let mut usage = HostUsage::default();
        assert_eq!(quota(100, 1).state(&usage, 9), QuotaState::Available, "the cost of a request is not known yet");
        (0..4).for_each(|_| usage.add(&fetch_info(100, 20)));
        for (quota, in_flight, state) in [
            (quota(0, 0), 100, QuotaState::Available),
            (quota(101, 0), 1, QuotaState::Available),
            (quota(100, 0), 1, QuotaState::Reserved),
            (quota(81, 0), 0, QuotaState::Available),
            (quota(80, 0), 0, QuotaState::UsedUp),
            (quota(0, 1), 5, QuotaState::Available),
            (quota(0, 1), 6, QuotaState::Reserved),
        ] {
            assert_eq!(quota.state(&usage, in_flight), state, "{quota:?} {in_flight}");
        }
        usage.add(&FetchInfo { bytes: 1000, ..FetchInfo::default() });
        assert_eq!(usage.requests, 4, "it never started");
    }
}
