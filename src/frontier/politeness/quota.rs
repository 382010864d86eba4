//! What one host may cost the crawl, and has cost so far: `scope.host_pages`, `host_bytes` and `host_time`.

use std::time::Duration;

use crate::{
    base::time::Now,
    frontier::{
        Frontier,
        assignment::FetchInfo,
        hosts::{HostState, usage::HostUsage},
        politeness::parking::ParkReason,
    },
};

/// How long a host that has had its part is parked: for good, but that its park has to end at some time.
const FOR_GOOD: Duration = Duration::from_secs(365 * 24 * 3600);

/// What a host may cost; 0 = no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quota {
    /// URLs taken in, without those that became no page.
    pub(crate) pages: u64,
    /// Bytes of bodies received.
    pub(crate) bytes: u64,
    /// What its requests took, added up.
    pub(crate) time: Duration,
}

/// Whether a host may be asked once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuotaState {
    /// It may.
    Enough,
    /// What is out may need the rest.
    Reserved,
    /// It has had its part.
    Gone,
}

impl Quota {
    /// Whether there is room for one more beside what is out: each of these has reserved what a request usually costs,
    /// and gives back what it does not need. So one request at a time goes over a limit by less than its own cost.
    pub(crate) fn room(&self, spent: &HostUsage, out: u64) -> QuotaState {
        let time = u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX);
        let parts = [(self.bytes, spent.bytes), (time, spent.millis)];
        let limited = || parts.into_iter().filter(|(limit, _)| *limit > 0);
        let usual = |sum: u64| sum / spent.requests.max(1);
        if limited().any(|(limit, sum)| sum >= limit) {
            QuotaState::Gone
        } else if limited().any(|(limit, sum)| sum.saturating_add(usual(sum).saturating_mul(out)) >= limit) {
            QuotaState::Reserved
        } else {
            QuotaState::Enough
        }
    }
}

impl Frontier {
    /// Whether a page of the host may be asked for as far as its quota goes. If not, it waits for what is out, or is
    /// parked.
    pub(crate) fn has_quota(&mut self, slot: usize, now: Now) -> bool {
        match self.quota_room(slot) {
            QuotaState::Enough => true,
            QuotaState::Reserved => {
                let Some(host) = self.hosts.get_mut(slot) else { return false };
                host.standing = HostState::WaitingForSlot;
                if let Some(gate) = self.gates.get_mut(host.gate) {
                    gate.wait(slot);
                }
                false
            }
            QuotaState::Gone => {
                self.park(slot, ParkReason::Quota, now.mono + FOR_GOOD);
                false
            }
        }
    }

    /// What is left of the host's quota.
    pub(crate) fn quota_room(&self, slot: usize) -> QuotaState {
        let quota = self.policy(slot).quota;
        self.hosts.get(slot).map_or(QuotaState::Enough, |host| quota.room(&host.spent, u64::from(host.leases)))
    }

    /// Books what a request cost its host.
    pub(crate) fn spend(&mut self, slot: usize, fetch_info: &FetchInfo) {
        if let Some(host) = self.hosts.get_mut(slot) {
            host.spent.add(fetch_info);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Mono;

    #[test]
    fn what_is_out_has_reserved_its_part() {
        let fetch_info = |millis: u64, bytes| FetchInfo {
            started: Some(Mono(0)),
            ended: Mono(millis * 1_000_000),
            bytes,
            ..FetchInfo::default()
        };
        let quota = |bytes, seconds| Quota { pages: 0, bytes, time: Duration::from_secs(seconds) };
        let mut spent = HostUsage::default();
        assert_eq!(quota(100, 1).room(&spent, 9), QuotaState::Enough, "nobody knows yet what one costs");
        (0..4).for_each(|_| spent.add(&fetch_info(100, 20)));
        for (quota, out, room) in [
            (quota(0, 0), 100, QuotaState::Enough),
            (quota(101, 0), 1, QuotaState::Enough),
            (quota(100, 0), 1, QuotaState::Reserved),
            (quota(81, 0), 0, QuotaState::Enough),
            (quota(80, 0), 0, QuotaState::Gone),
            (quota(0, 1), 5, QuotaState::Enough),
            (quota(0, 1), 6, QuotaState::Reserved),
        ] {
            assert_eq!(quota.room(&spent, out), room, "{quota:?} {out}");
        }
        spent.add(&FetchInfo { bytes: 1000, ..FetchInfo::default() });
        assert_eq!(spent.requests, 4, "it never went out");
    }
}
