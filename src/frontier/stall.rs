//! Stalled leases: too few bytes have come for a while.
//!
//! A host that hangs keeps its slot until a timeout. Until it is tested, nothing distinguishes it from a good one, so while
//! ready hosts wait for a slot, the first lease of an untested host is revoked once it stalls. It is fetched again, within
//! the share of unresponsive hosts and with the full timeouts. That happens once, until the host answers.

use super::Frontier;
use crate::base::time::Now;

impl Frontier {
    /// Notes that these leases are stalled.
    pub(crate) fn stalled(&mut self, serials: &[u64]) {
        for &serial in serials {
            let Some(leased) = self.leases.get_mut(serial) else { continue };
            self.schedule.stall(&mut leased.started);
            let is_revocable =
                leased.started.is_test() && leased.entry.request().is_some_and(|request| request.is_repeatable());
            if is_revocable {
                self.leases.insert_revocable(serial);
            }
        }
    }

    /// Returns true if a stalled lease may be revoked.
    #[must_use]
    pub(crate) fn has_revocable(&self) -> bool {
        self.leases.has_revocable()
    }

    /// Returns the stalled leases that must be revoked with this number of free slots: one for each ready host that cannot be
    /// asked without it.
    #[must_use]
    pub(crate) fn revoke(&mut self, free_slots: usize, now: Now) -> Vec<u64> {
        self.release_due(now);
        let serials = self.leases.revoke(self.schedule.held_up(free_slots));
        self.count("scheduler/revoked", serials.len() as u64);
        serials
    }
}
