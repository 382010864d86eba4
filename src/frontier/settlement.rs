//! What comes home, and what becomes of it: done, again at some time, or never again.

use std::{sync::Arc, time::Duration};

use super::{
    Frontier,
    admission::next_seq,
    assignment::{FetchInfo, LeaseKind, PageFindings, Settlement},
    balance::Balance,
    commit::url_status::{Failure, FinalStatus, LastAttempt, UrlStatus},
    hosts::{HostState, Queued},
    leases::Leased,
    politeness::{
        limiter::{Limiter, LimiterId},
        ready_queue::Responsiveness,
    },
};
use crate::{
    base::time::{Mono, Now, Wall},
    failure::{FetchError, Rejection},
    http::request::Request,
    keys::UrlKey,
    outcome::Outcome,
    store::QueuePosition,
};

impl Frontier {
    /// Takes a lease back.
    pub(crate) fn settle(&mut self, settlement: Settlement, now: Now) {
        let Settlement { lease_id, outcome, fetch_info, findings } = settlement;
        let Some(leased) = self.leased.remove(&lease_id.serial) else { return };
        let slot = leased.slot;
        if let Some(host) = self.hosts.get_mut(slot) {
            host.leases -= 1;
        }
        self.learn_address(slot, &fetch_info);
        match lease_id.kind {
            LeaseKind::Address => {}
            LeaseKind::Robots | LeaseKind::Page => {
                self.spend(slot, &fetch_info);
                self.count_visit(&fetch_info, &outcome);
                self.judge_trust(slot, &fetch_info, &outcome);
                self.push_clock(&leased, &fetch_info, &outcome, now);
            }
        }
        if leased.trust == Responsiveness::Unknown {
            self.fairness.home();
        }
        match lease_id.kind {
            LeaseKind::Address => {}
            LeaseKind::Robots => self.robots_home(slot, outcome, now),
            LeaseKind::Page => self.page_home(lease_id.url, &leased, outcome, fetch_info.status, now),
        }
        self.take_found(findings, now);
        self.leave_gates(&leased, now.mono);
        self.wake(slot, now.mono);
    }

    fn page_home(&mut self, url: UrlKey, leased: &Leased, outcome: Outcome, status: Option<u16>, now: Now) {
        self.leased_urls.remove(&url);
        self.totals.leased -= 1;
        if let Some(host) = self.hosts.get_mut(leased.slot) {
            host.queue.came_home(leased.place);
        }
        let open = self.open_number();
        self.batch(open).settlements += 1;
        let last = LastAttempt { at: now.wall, attempts: leased.entry.head.attempts.saturating_add(1), status };
        match outcome {
            Outcome::Done => {
                self.end(url, leased.place, UrlStatus::new(FinalStatus::Done, last), &one(|balance| balance.done = 1));
            }
            Outcome::NotModified => {
                let fate = UrlStatus::new(FinalStatus::NotModified, last);
                self.end(url, leased.place, fate, &one(|balance| balance.not_modified = 1));
            }
            Outcome::Redirected(next) => self.hop(url, leased.place, *next, last, now),
            Outcome::Rejected(reason) => self.reject(url, leased.place, reason, last),
            Outcome::Retry(error) => self.again(url, leased, error, last, now),
            Outcome::Lost | Outcome::Robots(_) if self.stopping => self.give_back(leased),
            Outcome::Lost | Outcome::Robots(_) => self.again(url, leased, FetchError::Reset("lost".into()), last, now),
        }
    }

    /// The URL is never asked again.
    fn end(&mut self, url: UrlKey, place: QueuePosition, fate: UrlStatus, change: &Balance) {
        let open = self.open_number();
        self.book(open, change);
        self.batch(open).settle(url, place, fate.to_bytes());
    }

    fn reject(&mut self, url: UrlKey, place: QueuePosition, reason: Rejection, last: LastAttempt) {
        self.count(format!("rejected/{}", reason.name()), 1);
        // What became no page gives its place among the host's pages back.
        if let Some(host) = self.slots.get(&url.host).and_then(|slot| self.hosts.get_mut(*slot)) {
            host.admitted = host.admitted.saturating_sub(1);
        }
        if let Rejection::Robots = reason {
            self.count("robotstxt/forbidden", 1);
        }
        let fate = UrlStatus::new(FinalStatus::Rejected(reason), last);
        self.end(url, place, fate, &one(|balance| balance.rejected = 1));
    }

    /// Rejects what was still in its queue.
    pub(super) fn reject_queued(&mut self, slot: usize, queued: Queued, reason: Rejection, now: Now) {
        let Some(host) = self.hosts.get(slot) else { return };
        let url = host.url_key(queued.entry.head.url);
        self.totals.queued -= 1;
        let last = LastAttempt { at: now.wall, attempts: queued.entry.head.attempts, status: None };
        self.reject(url, queued.place, reason, last);
    }

    /// A redirect: the same request on a new lease, if its next URL belongs to the crawl and is not known.
    fn hop(&mut self, url: UrlKey, place: QueuePosition, next: Request, last: LastAttempt, now: Now) {
        if next.redirects() > self.config.redirects {
            return self.reject(url, place, Rejection::Redirects, last);
        }
        let next = self.as_it_enters(url, next);
        // The hop stands for its request, so links out of scope that led to the request are not counted again.
        let hops = next.hops();
        let next = if next.is_seed() && self.scope.admits_seed(next.url()).is_ok() {
            if Arc::make_mut(&mut self.scope).add_seed(next.url()) {
                self.widen(next.url());
                log::info!(seed:% = next.origin(), to:% = next.url(); "scope widened by a seed's redirect");
            }
            next
        } else {
            match self.scope.admits_request(&next, next.depth_value(), hops.saturating_sub(1)) {
                Ok(inside) => next.with_hops(inside.max(hops)),
                Err(_) => return self.reject(url, place, Rejection::Scope, last),
            }
        };
        let fate = UrlStatus::new(FinalStatus::Redirected(next.url().to_string()), last);
        self.end(url, place, fate, &one(|balance| balance.redirected = 1));
        self.offer(UrlKey::of(&next), next, now);
    }

    /// The next hop, rewritten by `[urls]`, unless that leads back to where it comes from: what a rule takes for one page
    /// the site tells apart.
    fn as_it_enters(&self, url: UrlKey, next: Request) -> Request {
        let rewritten = self.scope.rewritten(next.clone());
        if UrlKey::of(&rewritten) == url { next } else { rewritten }
    }

    /// The URL goes to the end of its rank until its pause is over.
    fn again(&mut self, url: UrlKey, leased: &Leased, error: FetchError, last: LastAttempt, now: Now) {
        let mut entry = leased.entry.clone();
        entry.head.attempts = last.attempts;
        entry.head.failure = Some(Box::new(Failure::new(&error, now.wall)));
        let retry = self.policy(leased.slot).retry.clone();
        if entry.head.attempts > retry.times {
            self.count("retry/max_reached", 1);
            return self.reject(url, leased.place, Rejection::GaveUp(error), last);
        }
        let pause = retry.pause(entry.head.attempts, self.luck.f64());
        let (wall, mono) = until(now, pause);
        entry.head.not_before = wall;
        let place = QueuePosition { rank: leased.place.rank, seq: next_seq(&mut self.seqs, url.host) };
        let open = self.open_number();
        self.batch(open).again(url, leased.place, place, entry.clone());
        self.count("retry/count", 1);
        self.requeue(leased.slot, Queued { place, entry, not_before: mono });
    }

    /// The URL stands where it stood, as if it had never left.
    fn give_back(&mut self, leased: &Leased) {
        self.requeue(leased.slot, Queued { place: leased.place, entry: leased.entry.clone(), not_before: Mono(0) });
    }

    fn requeue(&mut self, slot: usize, queued: Queued) {
        let Some(host) = self.hosts.get_mut(slot) else { return };
        host.queue.put(queued);
        match host.parked {
            Some(_) => self.totals.parked += 1,
            None => self.totals.queued += 1,
        }
    }

    fn take_found(&mut self, findings: PageFindings, now: Now) {
        let open = self.open_number();
        let PageFindings { outlinks, repeats, refused, noted, records, noindex } = findings;
        self.book(open, &Balance { offered: repeats + refused.total(), ..Balance::default() });
        self.duplicate(open, repeats);
        for (reason, count) in refused.iter() {
            self.refuse_in(open, reason, count);
        }
        self.take_notes(&noted, now);
        self.count("item_scraped_count", records);
        if noindex > 0 {
            self.count("robotstag/noindex", noindex);
        }
        for outlink in outlinks {
            self.offer(outlink.key, outlink.request, now);
        }
    }

    /// Frees the lease's slots; the hosts that wait for them get their turn.
    fn leave_gates(&mut self, leased: &Leased, now: Mono) {
        let Some(gate) = self.hosts.get(leased.slot).map(|host| host.gate) else { return };
        for id in [Some(gate), leased.ip_gate].into_iter().flatten() {
            self.gates.exit(id);
            self.wake_next(id, now);
        }
    }

    /// A slot of a gate is free: the host that waits longest and has something to give gets its turn.
    pub(super) fn wake_next(&mut self, id: LimiterId, now: Mono) {
        while let Some(slot) = self.gates.get_mut(id).and_then(Limiter::next_waiting) {
            if self.leave_queue(slot, now) {
                return;
            }
        }
    }

    /// A host comes to the front of a gate's queue. Says whether it will take the slot.
    fn leave_queue(&mut self, slot: usize, now: Mono) -> bool {
        let Some(host) = self.hosts.get_mut(slot) else { return false };
        if host.standing == HostState::WaitingForSlot {
            host.standing = HostState::Idle;
        }
        self.wake(slot, now);
        self.hosts.get(slot).is_some_and(|host| host.standing == HostState::Ready)
    }

    fn count_visit(&mut self, fetch_info: &FetchInfo, outcome: &Outcome) {
        if fetch_info.started.is_some() {
            self.count("downloader/request_count", u64::from(fetch_info.requests.max(1)));
        }
        if let Some(status) = fetch_info.status {
            self.count("downloader/response_count", 1);
            self.count(format!("downloader/response_status_count/{status}"), 1);
            self.count("downloader/response_bytes", fetch_info.bytes);
        }
        if let Outcome::Retry(error) | Outcome::Rejected(Rejection::GaveUp(error)) = outcome {
            self.count("downloader/exception_count", 1);
            self.count(format!("downloader/exception_type_count/{}", error.kind()), 1);
        }
        if let Outcome::Robots(_) = outcome {
            self.count("robotstxt/request_count", 1);
        }
    }
}

/// When an entry's pause is over, on this process's clock.
pub(super) fn not_before(wall: Wall, now: Now) -> Mono {
    if wall == Wall(0) { Mono(0) } else { now.mono_at(wall) }
}

/// Wall and monotonic time of a pause from now.
fn until(now: Now, pause: Duration) -> (Wall, Mono) {
    (now.wall + pause, now.mono + pause)
}

fn one(set: impl FnOnce(&mut Balance)) -> Balance {
    let mut balance = Balance::default();
    set(&mut balance);
    balance
}
