//! Settlement: what the outcome of a lease means for its URL. The URL has ended, or is requested again later.

use super::{
    Balance, Frontier,
    assignment::{FetchInfo, LeaseKind, PageFindings, Settlement},
    commit::{
        entry::Entry,
        seen_row::SeenRow,
        url_status::{Failure, FinalStatus, LastAttempt, LinkSummary, UrlStatus},
    },
    hosts::Queued,
    known_url::link_summary,
    leases::Leased,
    overview::{ERRORS, RECORDS},
};
use crate::{
    base::time::{Mono, Now},
    failure::{FetchError, Rejection},
    http::request::Request,
    keys::UrlKey,
    outcome::Outcome,
    robots::RobotsAnswer,
    store::QueuePosition,
};

impl Frontier {
    /// Applies the settlement of a lease.
    pub(crate) fn settle(&mut self, settlement: Settlement, now: Now) {
        let Settlement { lease_id, outcome, fetch_info, findings } = settlement;
        let Some(leased) = self.leases.take(lease_id.serial) else { return };
        let slot = leased.slot;
        if let Some(host) = self.hosts.get_mut(slot) {
            host.leases -= 1;
        }
        if leased.started.is_to_own_host() {
            self.set_address(slot, &fetch_info);
        }
        match lease_id.kind {
            LeaseKind::Address => {}
            LeaseKind::Robots | LeaseKind::Page => {
                self.count_request(&fetch_info, &outcome);
                self.apply_to_host(&leased, &fetch_info, &outcome, now);
            }
        }
        self.schedule.end(&leased.started);
        match lease_id.kind {
            LeaseKind::Address => {}
            LeaseKind::Robots => self.settle_robots(&leased, outcome, now),
            LeaseKind::Page => {
                let links = link_summary(&findings);
                self.settle_page(lease_id.url, &leased, outcome, (fetch_info.status, links), now);
            }
        }
        self.apply_findings(findings, now);
        for limiter in leased.started.limiters() {
            self.schedule.free_slot(limiter);
            self.wake_next_waiter(limiter, now.mono);
        }
        self.schedule.end_hop(&leased.started, now.mono);
        self.wake(slot, now.mono);
    }

    /// Applies what the result says about the host as a whole.
    fn apply_to_host(&mut self, leased: &Leased, fetch_info: &FetchInfo, outcome: &Outcome, now: Now) {
        let Some(host) = self.hosts.get_mut(leased.slot) else { return };
        host.usage.add(fetch_info);
        let feedback = self.schedule.apply_result(leased.slot, host, (&leased.started, fetch_info, outcome), now);
        if feedback.is_postponed {
            self.commits.open().touch(host.key);
        }
        self.commits.counters_mut().park(feedback.parked);
    }

    fn settle_page(
        &mut self,
        url: UrlKey,
        leased: &Leased,
        outcome: Outcome,
        (http_status, links): (Option<u16>, LinkSummary),
        now: Now,
    ) {
        let shortest = self.leases.remove_page(&url);
        if !matches!(outcome, Outcome::Stale) {
            self.leases.forget_repeat(&url);
        }
        self.commits.counters_mut().settle();
        if let Some(host) = self.hosts.get_mut(leased.slot) {
            host.queue.settle(leased.position);
        }
        self.commits.open().settlements += 1;
        let attempts = leased.entry.head.attempts.saturating_add(1);
        let last = LastAttempt {
            at: now.wall,
            attempts,
            http_status,
            depth: leased.depth,
            generation: self.config.generation,
        };
        match outcome {
            Outcome::Done => {
                let status = UrlStatus::new(FinalStatus::Done, last).with_links(links);
                self.end(url, leased.position, status.clone(), &Balance { done: 1, ..Balance::default() });
                self.widen_scope(leased);
                self.look_for_shorter_way(url, leased, status, shortest, now);
            }
            Outcome::NotModified => {
                let status = UrlStatus::new(FinalStatus::NotModified, last);
                self.end(url, leased.position, status, &Balance { not_modified: 1, ..Balance::default() });
            }
            Outcome::Redirected(next) => self.redirect(url, leased, *next, last, now),
            Outcome::Rejected(reason) => self.reject(url, leased.position, &leased.entry, reason, last),
            Outcome::Retry(error) => self.retry(url, leased, error, last, now),
            Outcome::Stale if !self.leases.may_repeat(url) => {
                self.retry(url, leased, FetchError::Reset("kept connection was closed twice".into()), last, now);
            }
            Outcome::GivenBack | Outcome::Revoked | Outcome::Stale => self.give_back(leased),
            Outcome::Lost | Outcome::Robots(_) if self.leases.is_stopping() => self.give_back(leased),
            Outcome::Lost | Outcome::Robots(_) => self.retry(url, leased, FetchError::Reset("lost".into()), last, now),
        }
    }

    /// Ends a URL: it is not requested again.
    fn end(&mut self, url: UrlKey, position: QueuePosition, status: UrlStatus, change: &Balance) {
        let open = self.commits.open_number();
        self.commits.count(open, change);
        self.commits.open().settle(url, position, SeenRow::Ended(status).to_bytes());
        self.seeds.ended(&url);
    }

    fn reject(&mut self, url: UrlKey, position: QueuePosition, entry: &Entry, reason: Rejection, last: LastAttempt) {
        self.seeds.failed(entry.request().as_ref(), || cause(&reason));
        self.count(format!("rejected/{}", reason.name()), 1);
        // A rejected URL does not count for `scope.host_pages`.
        if let Some(host) = self.hosts.by_key_mut(&url.host) {
            host.admitted = host.admitted.saturating_sub(1);
        }
        if let Rejection::Robots = reason {
            self.count("robotstxt/forbidden", 1);
        }
        let status = UrlStatus::new(FinalStatus::Rejected(reason), last);
        self.end(url, position, status, &Balance { rejected: 1, ..Balance::default() });
    }

    /// Rejects a URL that was still in its queue.
    pub(super) fn reject_queued(&mut self, slot: usize, queued: Queued, reason: Rejection, now: Now) {
        let Some(host) = self.hosts.get(slot) else { return };
        let url = host.url_key(queued.entry.head.url);
        self.commits.counters_mut().dequeue();
        let depth = queued.entry.request().map_or(0, |request| request.depth_value());
        let (attempts, generation) = (queued.entry.head.attempts, self.config.generation);
        let last = LastAttempt { at: now.wall, attempts, http_status: None, depth, generation };
        self.reject(url, queued.position, &queued.entry, reason, last);
    }

    /// Ends a URL with a redirect, and offers the next hop: the same request for another URL.
    fn redirect(&mut self, url: UrlKey, leased: &Leased, next: Request, last: LastAttempt, now: Now) {
        if next.redirects() > self.config.redirects {
            return self.reject(url, leased.position, &leased.entry, Rejection::Redirects, last);
        }
        let next = self.rewritten_hop(url, next);
        let Some(next) = self.hop_in_scope(next) else {
            return self.reject(url, leased.position, &leased.entry, Rejection::Scope, last);
        };
        let status = UrlStatus::new(FinalStatus::Redirected(next.url().to_string()), last);
        self.end(url, leased.position, status, &Balance { redirected: 1, ..Balance::default() });
        self.offer(UrlKey::from_request(&next), next, now);
    }

    /// Returns the next hop, rewritten by `[urls]` unless that leads back to the redirecting URL: the site distinguishes
    /// the two.
    fn rewritten_hop(&self, url: UrlKey, next: Request) -> Request {
        let rewritten = self.scope.current().rewritten(next.clone());
        if UrlKey::from_request(&rewritten) == url { next } else { rewritten }
    }

    /// Adds the target of a seed's redirect to the scope. Only now, when it was fetched: before, the address guard might
    /// refuse it.
    fn widen_scope(&mut self, leased: &Leased) {
        let Some(request) = leased.entry.request().filter(|_| leased.widens_scope) else { return };
        if self.scope.add_seed(request.url()) {
            let row = self.scope.remember(request.url()).map(|(key, row)| (key, Some(row)));
            self.commits.open().side_rows.extend(row);
            self.restore_all();
            log::info!(seed:% = request.origin(), to:% = request.url(); "scope widened by a seed's redirect");
        }
    }

    /// Returns the next hop with its number of hops out of scope; `None` if it is not in scope. That of a seed always is.
    fn hop_in_scope(&mut self, next: Request) -> Option<Request> {
        if next.is_seed() && self.scope.current().admits_seed(next.url()).is_ok() {
            return Some(next);
        }
        // The links out of scope that led to the request count once, not again for each hop.
        let hops = next.hops();
        // A sitemap is where its server says; its entries are held to the scope.
        let next = if next.is_sitemap() && !self.scope.current().has_host(next.url()) {
            next.with_hops(hops.max(1))
        } else {
            next
        };
        let inside = self.scope.current().admits_request(&next, next.depth_value(), hops.saturating_sub(1)).ok()?;
        Some(next.with_hops(inside.max(hops)))
    }

    /// Moves the URL to the end of its rank, with a pause, or rejects it after its last attempt.
    fn retry(&mut self, url: UrlKey, leased: &Leased, error: FetchError, last: LastAttempt, now: Now) {
        let Some(host) = self.hosts.get(leased.slot) else { return };
        if last.attempts > self.schedule.policy(&host.politeness).retry.times {
            self.count("retry/max_reached", 1);
            return self.reject(url, leased.position, &leased.entry, Rejection::GaveUp(error), last);
        }
        let pause = self.schedule.backoff(&host.politeness, last.attempts);
        let mut entry = leased.entry.clone();
        entry.head.attempts = last.attempts;
        entry.head.failure = Some(Box::new(Failure::new(&error, now.wall)));
        entry.head.not_before = now.wall + pause;
        let position = QueuePosition { rank: leased.position.rank, seq: self.commits.next_seq(url.host) };
        self.commits.open().requeue(url, leased.position, position, entry.clone());
        self.count("retry/count", 1);
        self.put_back(leased.slot, Queued { position, entry, not_before: now.mono + pause });
    }

    /// Puts the URL back where it was queued, as if it had never been leased.
    fn give_back(&mut self, leased: &Leased) {
        let (position, entry) = (leased.position, leased.entry.clone());
        self.put_back(leased.slot, Queued { position, entry, not_before: Mono(0) });
    }

    fn put_back(&mut self, slot: usize, queued: Queued) {
        let Some(host) = self.hosts.get_mut(slot) else { return };
        host.queue.put(queued);
        self.commits.counters_mut().enqueue(host.politeness.parked());
    }

    fn apply_findings(&mut self, findings: PageFindings, now: Now) {
        let open = self.commits.open_number();
        let PageFindings { outlinks, repeats, refused, refused_links, records, dropped_records, noindex } = findings;
        self.commits.count(open, &Balance { offered: repeats + refused.total(), ..Balance::default() });
        self.count_duplicates(open, repeats);
        for (reason, count) in refused.iter() {
            self.count_refused(open, reason, count);
        }
        self.log_refusals(&refused_links, now);
        self.count(RECORDS, records);
        if dropped_records > 0 {
            self.count("item_dropped_count", dropped_records);
        }
        if noindex > 0 {
            self.count("robotstag/noindex", noindex);
        }
        for outlink in outlinks {
            self.offer(outlink.key, outlink.request, now);
        }
    }

    /// Returns the kind of a failed attempt; `None` if the attempt did not fail.
    fn failure_kind(&self, outcome: &Outcome) -> Option<&'static str> {
        match outcome {
            Outcome::Retry(error) | Outcome::Rejected(Rejection::GaveUp(error)) => Some(error.kind()),
            Outcome::Robots(RobotsAnswer::Unreachable(_)) => Some("robots"),
            Outcome::Lost if !self.leases.is_stopping() => Some("lost"),
            Outcome::Done
            | Outcome::NotModified
            | Outcome::Redirected(_)
            | Outcome::Rejected(_)
            | Outcome::Robots(RobotsAnswer::Rules(_))
            | Outcome::GivenBack
            | Outcome::Stale
            | Outcome::Revoked
            | Outcome::Lost => None,
        }
    }

    fn count_request(&mut self, fetch_info: &FetchInfo, outcome: &Outcome) {
        if fetch_info.started.is_some() {
            self.count("downloader/request_count", u64::from(fetch_info.requests.max(1)));
        }
        if let Some(status) = fetch_info.status {
            self.count("downloader/response_count", 1);
            self.count(format!("downloader/response_status_count/{status}"), 1);
            self.count("downloader/response_bytes", fetch_info.bytes);
        }
        if let Some(kind) = self.failure_kind(outcome) {
            self.count(ERRORS, 1);
            self.count(format!("downloader/exception_type_count/{kind}"), 1);
        }
        if let Outcome::Robots(_) = outcome {
            self.count("robotstxt/request_count", 1);
        }
    }
}

/// Returns why a seed was rejected.
fn cause(reason: &Rejection) -> String {
    match reason {
        Rejection::Robots => "forbidden by robots.txt".to_owned(),
        Rejection::Scope => "redirects out of scope".to_owned(),
        reason => reason.to_string(),
    }
}
