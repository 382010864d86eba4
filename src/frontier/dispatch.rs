//! Whose turn it is, and what it gives.

use std::time::Duration;

use super::{
    Frontier,
    assignment::{Assignment, LeaseId, LeaseKind},
    hosts::{HostState, Queued, RobotsState},
    leases::Leased,
    politeness::{
        parking::{Cause, ParkReason},
        ready_queue::Responsiveness,
    },
};
use crate::{
    base::time::{Mono, Now},
    failure::{FetchError, Rejection},
    http::request::Request,
};

impl Frontier {
    /// Lends the next URL whose host may be asked now.
    pub(crate) fn lend(&mut self, now: Now) -> Option<Assignment> {
        self.release_due(now);
        while let Some(slot) = self.next_ready() {
            let Some(host) = self.hosts.get_mut(slot).filter(|host| host.standing == HostState::Ready) else {
                continue;
            };
            if host.trust == Responsiveness::Unknown && !self.fairness.has_room() {
                // It answered when it was filed.
                self.schedule.ready(slot, Responsiveness::Unknown);
                continue;
            }
            host.standing = HostState::Idle;
            if self.yields(slot, now) {
                self.pass_on(slot, now.mono);
                continue;
            }
            let assignment = self.give(slot, now);
            self.wake(slot, now.mono);
            if assignment.is_some() {
                return assignment;
            }
            self.pass_on(slot, now.mono);
        }
        None
    }

    /// A host whose turn it was gave nothing: the slot it came for goes to whoever waits next at its gates.
    fn pass_on(&mut self, slot: usize, now: Mono) {
        let Some(host) = self.hosts.get(slot).filter(|host| host.standing != HostState::WaitingForSlot) else { return };
        for id in [Some(host.gate), host.ip_gate].into_iter().flatten() {
            if self.gates.get_mut(id).is_some_and(|gate| gate.has_slot(usize::MAX)) {
                self.wake_next(id, now);
            }
        }
    }

    /// The next ready host that there is a slot for.
    fn next_ready(&mut self) -> Option<usize> {
        if self.fairness.has_room() { self.schedule.pop_ready() } else { self.schedule.pop_answering() }
    }

    /// When the next waiting host's time comes, or it is looked whose turn it is of those at rest.
    #[must_use]
    pub(crate) fn next_due(&self) -> Option<Mono> {
        let look = self.rest.next_look().filter(|_| self.asked.is_none());
        self.schedule.next_due().into_iter().chain(look).min()
    }

    /// Finds out whether a host has something to give, and files it accordingly.
    pub(super) fn wake(&mut self, slot: usize, now: Mono) {
        let Some(host) = self.hosts.get_mut(slot).filter(|host| host.leaving.is_none()) else { return };
        if host.queue.wants_more() && !host.queue.hungry {
            host.queue.hungry = true;
            self.hungry.insert(slot);
        }
        if host.parked.is_some() || matches!(host.robots, RobotsState::Asked) {
            return;
        }
        let Some(first) = host.queue.first_due() else { return };
        let (allowed, cause) = self.gates.clock(host.gate);
        let at = first.max(allowed);
        match host.standing {
            HostState::Ready | HostState::WaitingForSlot => {}
            HostState::Idle | HostState::Waiting { .. } if allowed.since(now) > self.config.wait => {
                self.park(slot, cause.into(), allowed);
            }
            HostState::Waiting { at: earlier, .. } if earlier <= at => {}
            HostState::Idle | HostState::Waiting { .. } if at > now => self.wait(slot, at),
            HostState::Idle | HostState::Waiting { .. } => {
                host.standing = HostState::Ready;
                self.schedule.ready(slot, host.trust);
            }
        }
    }

    /// Files a host until `at`.
    pub(super) fn wait(&mut self, slot: usize, at: Mono) {
        let stamp = self.schedule.wait(slot, at);
        if let Some(host) = self.hosts.get_mut(slot) {
            host.standing = HostState::Waiting { at, stamp };
        }
    }

    /// Puts a host aside until `until`: its URLs no longer keep the crawl from ending.
    pub(super) fn park(&mut self, slot: usize, reason: ParkReason, until: Mono) {
        self.wait(slot, until);
        let Some(host) = self.hosts.get_mut(slot) else { return };
        if host.parked.replace(reason).is_some() {
            return;
        }
        let queued = host.queue.len();
        self.totals.queued -= queued;
        self.totals.parked += queued;
        log::warn!(host:% = host.root, reason = reason.name(), urls = queued; "host parked");
    }

    fn unpark(&mut self, slot: usize) {
        let Some(host) = self.hosts.get_mut(slot) else { return };
        if host.parked.take().is_some() {
            let queued = host.queue.len();
            host.silences = 0;
            host.robots_failures = 0;
            self.totals.parked -= queued;
            self.totals.queued += queued;
        }
    }

    fn release_due(&mut self, now: Now) {
        while let Some((slot, stamp)) = self.schedule.pop_due(now.mono) {
            let Some(host) = self.hosts.get_mut(slot) else { continue };
            if !matches!(host.standing, HostState::Waiting { stamp: live, .. } if live == stamp) {
                continue;
            }
            host.standing = HostState::Idle;
            self.unpark(slot);
            self.wake(slot, now.mono);
        }
    }

    /// What the host gives now, if its gates let it.
    fn give(&mut self, slot: usize, now: Now) -> Option<Assignment> {
        if !self.gates_open(slot, now.mono) {
            return None;
        }
        if self.needs_address(slot) {
            return self.lend_address(slot, now);
        }
        if self.needs_robots(slot, now.mono) {
            return self.lend_robots(slot, now);
        }
        if !self.has_quota(slot, now) {
            return None;
        }
        loop {
            let queued = self.hosts.get_mut(slot)?.queue.take(now.mono)?;
            let Some(request) = queued.entry.request() else {
                // The store checks what it reads, so this is our own bug or a foreign store; it must not stop the host.
                let error = FetchError::Request("unreadable entry".into());
                self.reject_queued(slot, queued, Rejection::GaveUp(error), now);
                continue;
            };
            if self.is_out_of_scope(&request) {
                self.reject_queued(slot, queued, Rejection::Scope, now);
                continue;
            }
            if self.is_forbidden(slot, &request) {
                self.reject_queued(slot, queued, Rejection::Robots, now);
                continue;
            }
            return Some(self.lend_page(slot, queued, request, now));
        }
    }

    /// Whether clock and counts let the host start a request; if a count does not, the host waits at that gate.
    fn gates_open(&mut self, slot: usize, now: Mono) -> bool {
        let limits_ips = self.ip_limit() > 0;
        let Some(host) = self.hosts.get_mut(slot) else { return false };
        // Until it has settled with an address, a host fetches alone where the address counts.
        let own_limit = if limits_ips && host.ip_gate.is_none() { 1 } else { usize::MAX };
        if self.gates.next_allowed(host.gate) > now {
            return false;
        }
        for (id, limit) in [(Some(host.gate), own_limit), (host.ip_gate, usize::MAX)] {
            let Some(gate) = id.and_then(|id| self.gates.get_mut(id)) else { continue };
            if !gate.has_slot(limit) {
                gate.wait(slot);
                host.standing = HostState::WaitingForSlot;
                return false;
            }
        }
        true
    }

    /// Whether what an earlier process queued does not belong to the crawl any more: its configuration may have changed.
    fn is_out_of_scope(&self, request: &Request) -> bool {
        if !self.resumed {
            return false;
        }
        if request.is_seed() {
            return self.scope.admits_seed(request.url()).is_err();
        }
        self.scope.admits(request.url(), request.depth_value(), request.hops().saturating_sub(1)).is_err()
    }

    fn lend_page(&mut self, slot: usize, queued: Queued, request: Request, now: Now) -> Assignment {
        if let Some(host) = self.hosts.get_mut(slot) {
            host.given += 1;
            host.queue.lent(queued.place);
            self.leased_urls.insert(host.url_key(queued.entry.head.url));
        }
        self.totals.queued -= 1;
        self.totals.leased += 1;
        self.count("scheduler/dequeued", 1);
        self.hand_out(slot, queued, request, LeaseKind::Page, now)
    }

    pub(super) fn hand_out(
        &mut self,
        slot: usize,
        queued: Queued,
        request: Request,
        kind: LeaseKind,
        now: Now,
    ) -> Assignment {
        self.serials += 1;
        let delay = match kind {
            LeaseKind::Address => Duration::ZERO,
            LeaseKind::Robots | LeaseKind::Page => self.delay(slot, now.mono),
        };
        let (key, gate, ip_gate, trust) = match self.hosts.get_mut(slot) {
            Some(host) => {
                host.leases += 1;
                (host.url_key(queued.entry.head.url), host.gate, host.ip_gate, host.trust)
            }
            None => unreachable!("the host just gave a URL"),
        };
        if trust == Responsiveness::Unknown {
            self.fairness.lent();
        }
        let cause = self.delay_cause(slot);
        self.gates.enter(gate, now.mono, delay, cause);
        if let Some(ip_gate) = ip_gate {
            self.gates.enter(ip_gate, now.mono, Duration::ZERO, cause);
        }
        let attempt = queued.entry.head.attempts;
        let Queued { place, entry, .. } = queued;
        let lease_id = LeaseId { url: key, serial: self.serials, kind };
        self.leased.insert(self.serials, Leased { slot, place, entry, ip_gate, delay, trust });
        let last = attempt >= self.policy(slot).retry.times || !request.is_repeatable();
        Assignment { lease_id, revisit: request.visit(), request, attempt, last, scope: self.scope.clone() }
    }

    /// The least time to the host's next request, jitter included.
    pub(super) fn delay(&mut self, slot: usize, now: Mono) -> Duration {
        let base = self.base_delay(slot);
        let delay = match self.hosts.get(slot) {
            Some(host) if self.policy(slot).politeness.adaptive => host.throttle.delay(base, now),
            Some(_) | None => base,
        };
        let jitter = self.policy(slot).politeness.jitter;
        jittered(delay, jitter, self.luck.f64())
    }

    /// The delay as configured, or as robots.txt asks for.
    pub(super) fn base_delay(&self, slot: usize) -> Duration {
        self.policy(slot).politeness.delay.max(self.asked_delay(slot))
    }

    /// Whose wish the delay is.
    pub(super) fn delay_cause(&self, slot: usize) -> Cause {
        if self.asked_delay(slot) > self.policy(slot).politeness.delay { Cause::CrawlDelay } else { Cause::Delay }
    }

    fn asked_delay(&self, slot: usize) -> Duration {
        let copy = self.hosts.get(slot).and_then(|host| host.robots.copy());
        copy.and_then(|copy| copy.rules.crawl_delay()).unwrap_or_default()
    }
}

/// A jittered delay: `delay` times 1 to 1 + `jitter`.
fn jittered(delay: Duration, jitter: f64, luck: f64) -> Duration {
    if jitter <= 0.0 { delay } else { delay.mul_f64(1.0 + jitter * luck) }
}
