//! Dispatch: which URL is leased next.

use std::sync::Arc;

use super::{
    Frontier,
    assignment::{Assignment, LeaseId, LeaseKind, VisitPurpose},
    hosts::Queued,
    leases::Leased,
    politeness::{HostState, limiter::LimiterId, parking::ParkReason, quota::QuotaState, slots::Started},
};
use crate::{
    base::time::{Mono, Now},
    failure::{FetchError, Rejection},
    http::request::Request,
};

impl Frontier {
    /// Issues the next lease: for a host that may be asked now.
    pub(crate) fn next_lease(&mut self, now: Now) -> Option<Assignment> {
        self.release_due(now);
        while let Some(slot) = self.schedule.next_ready(&mut self.hosts) {
            if self.evict_if_crowded(slot, now) {
                self.pass_slot_on(slot, now.mono);
                continue;
            }
            let assignment = self.next_for_host(slot, now);
            self.wake(slot, now.mono);
            if assignment.is_some() {
                return assignment;
            }
            self.pass_slot_on(slot, now.mono);
        }
        None
    }

    /// Returns when the next waiting host is due, or the due index is next polled for inactive hosts.
    #[must_use]
    pub(crate) fn next_due(&self) -> Option<Mono> {
        let poll = self.inactive.next_poll().filter(|_| !self.commits.has_query());
        self.schedule.next_due().into_iter().chain(poll).min()
    }

    /// Queues the waiting hosts whose time has come.
    pub(super) fn release_due(&mut self, now: Now) {
        while let Some((slot, unparked)) = self.schedule.next_released(&mut self.hosts, now.mono) {
            self.commits.counters_mut().unpark(unparked);
            self.wake(slot, now.mono);
        }
    }

    /// Passes the slot of a host that did not use it to the hosts that wait at its limiters.
    fn pass_slot_on(&mut self, slot: usize, now: Mono) {
        let Some(host) = self.hosts.get(slot).map(|host| &host.politeness) else { return };
        if host.state() == HostState::WaitingForSlot {
            return;
        }
        for limiter in host.limiters() {
            if self.schedule.has_free_slot(limiter) {
                self.wake_next_waiter(limiter, now);
            }
        }
    }

    /// Queues the host that has waited longest for a slot of a limiter and has a URL to lease.
    pub(super) fn wake_next_waiter(&mut self, limiter: LimiterId, now: Mono) {
        while let Some(slot) = self.schedule.next_waiter(limiter) {
            let Some(host) = self.hosts.get_mut(slot) else { continue };
            self.schedule.stop_waiting_for_slot(&mut host.politeness);
            self.wake(slot, now);
            if self.hosts.get(slot).is_some_and(|host| host.politeness.state() == HostState::Ready) {
                return;
            }
        }
    }

    /// Parks a host until `until`.
    pub(super) fn park(&mut self, slot: usize, reason: ParkReason, until: Mono) {
        let Some(host) = self.hosts.get_mut(slot) else { return };
        let parked = self.schedule.park(slot, host, reason, until);
        self.commits.counters_mut().park(parked);
    }

    /// Issues a lease for a host: its address or robots.txt if needed, else its next page.
    fn next_for_host(&mut self, slot: usize, now: Now) -> Option<Assignment> {
        let ip_limit = self.ip_limit();
        let host = self.hosts.get_mut(slot)?;
        if !self.schedule.can_start(slot, &mut host.politeness, ip_limit, now.mono) {
            return None;
        }
        // Before anything is asked of a host that may no longer be in scope.
        self.set_aside_first(slot, now);
        self.hosts.get(slot)?.queue.first()?;
        if self.needs_address(slot) {
            return self.issue_address(slot, now);
        }
        if self.needs_robots(slot, now.mono) {
            return self.issue_robots(slot, now);
        }
        if !self.has_quota(slot, now.mono) {
            return None;
        }
        loop {
            let queued = self.hosts.get_mut(slot)?.queue.take(now.mono)?;
            let Some(request) = queued.entry.request() else {
                // The store checks what it reads, so this is our own bug or a foreign store. It must not stop the host.
                let error = FetchError::Request("unreadable entry".into());
                self.reject_queued(slot, queued, Rejection::GaveUp(error), now);
                continue;
            };
            let key = self.hosts.get(slot)?.url_key(queued.entry.head.url);
            if let Some(reason) = self.refusal_of(&key, &queued, &request) {
                self.set_aside(slot, queued, reason, now);
                continue;
            }
            if self.is_forbidden(slot, &request) {
                self.reject_queued(slot, queued, Rejection::Robots, now);
                continue;
            }
            return self.issue_page(slot, queued, request, now);
        }
    }

    /// Returns true if a host's quota allows a page now. Otherwise the host waits for its requests in flight, or is parked.
    fn has_quota(&mut self, slot: usize, now: Mono) -> bool {
        let Some(host) = self.hosts.get_mut(slot) else { return false };
        match self.schedule.quota_state(host) {
            QuotaState::Available => true,
            QuotaState::Reserved => {
                self.schedule.wait_for_slot(slot, &mut host.politeness);
                false
            }
            QuotaState::UsedUp => {
                let parked = self.schedule.park_over_quota(slot, host, now);
                self.commits.counters_mut().park(parked);
                false
            }
        }
    }

    fn issue_page(&mut self, slot: usize, queued: Queued, mut request: Request, now: Now) -> Option<Assignment> {
        if self.limits_depth()
            && let Some(depth) = self.depths.get(&self.hosts.get(slot)?.url_key(queued.entry.head.url))
        {
            request.set_depth(depth.min(request.depth_value()));
        }
        let host = self.hosts.get_mut(slot)?;
        host.leased_since_load += 1;
        host.queue.lease(queued.position);
        self.leases.insert_page(host.url_key(queued.entry.head.url));
        self.commits.counters_mut().lease();
        self.count("scheduler/dequeued", 1);
        Some(self.issue(slot, queued, request, LeaseKind::Page, now))
    }

    /// Issues a lease for a host that may be asked now.
    pub(super) fn issue(
        &mut self,
        slot: usize,
        queued: Queued,
        request: Request,
        kind: LeaseKind,
        now: Now,
    ) -> Assignment {
        let Some(host) = self.hosts.get(slot) else { unreachable!("the URL came from the host's queue") };
        let started = self.schedule.start(host, kind, now.mono);
        self.issue_started(slot, queued, request, kind, started)
    }

    /// Issues a lease whose request has started.
    pub(super) fn issue_started(
        &mut self,
        slot: usize,
        queued: Queued,
        request: Request,
        kind: LeaseKind,
        started: Started,
    ) -> Assignment {
        let Queued { position, entry, .. } = queued;
        let Some(host) = self.hosts.get_mut(slot) else { unreachable!("the URL came from the host's queue") };
        host.leases += 1;
        let (url, attempt, purpose) = (host.url_key(entry.head.url), entry.head.attempts, entry.head.purpose);
        let widens_scope = kind == LeaseKind::Page && request.is_seed() && request.redirects() > 0;
        let mut scope = self.scope.current().clone();
        if widens_scope {
            // The links of the page are in its scope already.
            Arc::make_mut(&mut scope).add_seed(request.url());
        }
        let (depth, may_have_shorter_way) = (request.depth_value(), self.depths.get(&url).is_none());
        let revisit = if purpose == VisitPurpose::PageAgain { 0 } else { request.visit() };
        let last = attempt >= self.schedule.policy(&host.politeness).retry.times || !request.is_repeatable();
        let patience = started.patience();
        let serial =
            self.leases.insert(Leased { slot, position, entry, started, depth, widens_scope, may_have_shorter_way });
        let lease_id = LeaseId { url, serial, kind };
        Assignment { lease_id, revisit, purpose, request, attempt, last, patience, scope }
    }
}
