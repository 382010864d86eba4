//! robots.txt as a prerequisite of a host's pages: when it is fetched, and what its result means.
//!
//! The host waits for the first copy. A new copy is fetched before the old one is a day old, while the host continues with
//! the old one. If that fails, the old copy is valid for up to 30 days (RFC 9309 sections 2.3.1.4 and 2.4).

use std::time::Duration;

use super::{
    Queued, RobotsState,
    robots_state::{CachedRobots, MAX_AGE, RobotsHop},
};
use crate::{
    base::{
        text::{self, trim_invisible},
        time::{Mono, Now},
    },
    frontier::{
        Frontier,
        assignment::{Assignment, LeaseKind},
        commit::entry::{Entry, VisitPurpose},
        leases::Leased,
        politeness::{
            Obedience,
            hop::HopTurn,
            parking::{DelayCause, ParkReason},
            slots::Started,
        },
        scope::discovery::Sitemaps,
    },
    http::request::{Request, anonymous},
    keys::{HostKey, UrlKey},
    outcome::Outcome,
    robots::{Robots, RobotsAnswer},
    store::QueuePosition,
    urls::resolve::resolve,
};

/// Age at which a copy is fetched again: an hour less than a day.
const REFRESH: Duration = Duration::from_secs(23 * 3600);

/// Time until an unreachable robots.txt is fetched again.
const RETRY: Duration = Duration::from_secs(3600);

/// Maximum length of the stored reason why a robots.txt is unreachable, in bytes.
const MAX_REASON: usize = 100;

impl Frontier {
    /// Returns true if the host's robots.txt should be fetched now.
    pub(crate) fn needs_robots(&self, slot: usize, now: Mono) -> bool {
        let Some(host) = self.hosts.get(slot) else { return false };
        if self.schedule.policy(&host.politeness).politeness.robots == Obedience::Ignore {
            return false;
        }
        match &host.robots {
            RobotsState::Unknown | RobotsState::Redirected(_) => true,
            RobotsState::Rules(copy) => copy.refresh <= now,
            RobotsState::Fetching | RobotsState::Refreshing(_) => false,
        }
    }

    /// Returns true if the host's robots.txt forbids a page.
    pub(crate) fn is_forbidden(&self, slot: usize, request: &Request) -> bool {
        let Some(copy) = self.hosts.get(slot).and_then(|host| host.robots.copy()) else { return false };
        let url = request.url();
        match url.query() {
            Some(query) => !copy.rules.allows(&format!("{}?{query}", url.path())),
            None => !copy.rules.allows(url.path()),
        }
    }

    /// Issues the lease for the host's robots.txt, or for the next hop of its redirect.
    pub(crate) fn issue_robots(&mut self, slot: usize, now: Now) -> Option<Assignment> {
        let RobotsState::Redirected(hop) = &self.hosts.get(slot)?.robots else {
            let request = self.robots_request(slot)?;
            let host = self.hosts.get(slot)?;
            let started = self.schedule.start(host, LeaseKind::Robots, now.mono);
            return self.issue_started_robots(slot, request, started);
        };
        let hop = hop.request.clone();
        let other = self.hosts.by_key(&HostKey::from_url(hop.url()));
        let delay = self.schedule.hop_delay(hop.url(), other, now.mono);
        let host = self.hosts.get(slot)?;
        let started = match self.schedule.start_hop(host, (hop.url(), delay), now.mono) {
            HopTurn::OwnLimiter => self.schedule.start(host, LeaseKind::Robots, now.mono),
            HopTurn::Started(started) => started,
            HopTurn::Waits => return None,
        };
        self.issue_started_robots(slot, hop, started)
    }

    /// Returns the request for a host's robots.txt.
    fn robots_request(&self, slot: usize) -> Option<Request> {
        let host = self.hosts.get(slot)?;
        let mut request = Request::get(resolve(&host.root, "/robots.txt").ok()?);
        if let Some(page) = host.queue.first().and_then(|queued| queued.entry.request()) {
            request = request.caused_by(&page);
            // It goes through the proxy of the page: there may be no other way to the host.
            request = page.proxy_url().into_iter().fold(request, Request::proxy);
        }
        Some(request)
    }

    fn issue_started_robots(&mut self, slot: usize, request: Request, started: Started) -> Option<Assignment> {
        let host = self.hosts.get_mut(slot)?;
        host.robots = match host.robots.copy() {
            Some(copy) => RobotsState::Refreshing(copy.clone()),
            None => RobotsState::Fetching,
        };
        let entry = Entry::new(0, &request, self.config.generation, VisitPurpose::Page);
        let queued = Queued { position: QueuePosition { rank: 0, seq: 0 }, entry, not_before: Mono(0) };
        Some(self.issue_started(slot, queued, request, LeaseKind::Robots, started))
    }

    /// Applies the outcome of a robots.txt lease.
    pub(crate) fn settle_robots(&mut self, leased: &Leased, outcome: Outcome, now: Now) {
        let slot = leased.slot;
        let is_stopping = self.leases.is_stopping();
        let Some(host) = self.hosts.get_mut(slot) else { return };
        let old = std::mem::replace(&mut host.robots, RobotsState::Unknown);
        let robots = host.url_key(leased.entry.head.url);
        if !matches!(outcome, Outcome::Stale) {
            self.leases.forget_repeat(&robots);
        }
        match outcome {
            Outcome::Robots(RobotsAnswer::Rules(rules)) => {
                host.robots_failures = 0;
                let crawl_delay = rules.crawl_delay().unwrap_or_default();
                let copy = CachedRobots { rules: rules.clone(), fetched: now.mono, refresh: now.mono + REFRESH };
                host.set_robots(copy, now);
                if crawl_delay > self.schedule.policy(&host.politeness).politeness.max_crawl_delay {
                    self.postpone(slot, now.mono + crawl_delay, DelayCause::CrawlDelay);
                    self.park(slot, ParkReason::CrawlDelay, now.mono + crawl_delay);
                }
                self.offer_sitemaps(leased, &rules, now);
            }
            Outcome::Lost if is_stopping => {}
            Outcome::Stale if !self.leases.may_repeat(robots) => self.robots_failed(slot, &old, "no answer", now),
            Outcome::Redirected(next) => {
                let copy = old.copy().cloned();
                host.robots = RobotsState::Redirected(Box::new(RobotsHop { request: *next, copy }));
            }
            Outcome::Revoked | Outcome::Stale => {
                let hop = leased.entry.request().filter(|request| request.redirects() > 0);
                host.robots = match (hop, old.copy().cloned()) {
                    (Some(request), copy) => RobotsState::Redirected(Box::new(RobotsHop { request, copy })),
                    (None, Some(copy)) => RobotsState::Rules(copy),
                    (None, None) => RobotsState::Unknown,
                };
            }
            Outcome::Robots(RobotsAnswer::Unreachable(message)) => self.robots_failed(slot, &old, &message, now),
            Outcome::Lost
            | Outcome::GivenBack
            | Outcome::Retry(_)
            | Outcome::Rejected(_)
            | Outcome::Done
            | Outcome::NotModified => self.robots_failed(slot, &old, "no answer", now),
        }
    }

    fn robots_failed(&mut self, slot: usize, old: &RobotsState, message: &str, now: Now) {
        let Some(host) = self.hosts.get_mut(slot) else { return };
        log::info!(host:% = host.root, error = message; "robots.txt unreachable");
        if let Some(copy) = old.copy().filter(|copy| now.mono.since(copy.fetched) < MAX_AGE) {
            host.robots = RobotsState::Rules(CachedRobots { refresh: now.mono + RETRY, ..copy.clone() });
            return self.count("robotstxt/kept", 1);
        }
        host.robots_error = Some(text::prefix(message, MAX_REASON).into());
        host.robots_failures = host.robots_failures.saturating_add(1);
        let failures = host.robots_failures;
        if failures > self.schedule.policy(&host.politeness).retry.times {
            return self.park(slot, ParkReason::Robots, now.mono + RETRY);
        }
        let pause = self.schedule.backoff(&host.politeness, failures);
        self.postpone(slot, now.mono + pause, DelayCause::Robots);
    }

    /// Offers the sitemaps that a host's robots.txt names.
    fn offer_sitemaps(&mut self, leased: &Leased, robots: &Robots, now: Now) {
        match self.config.discovery.sitemaps {
            Sitemaps::Off => return,
            Sitemaps::Robots => {}
        }
        let root = self.hosts.get(leased.slot).map(|host| host.root.clone());
        let Some((root, cause)) = root.zip(leased.entry.request()) else { return };
        // The owner of a host in scope may have sitemaps anywhere (sitemaps.org, "Sitemaps & Cross Submits").
        let may_leave = self.scope.current().has_host(&root);
        // Some files have relative URLs.
        let urls = robots.sitemaps().iter().filter_map(|written| resolve(&root, trim_invisible(written)).ok());
        for url in urls.map(anonymous) {
            let leaves = may_leave && !self.scope.current().has_host(&url);
            let request = Request::sitemap(url).caused_by(&cause).with_hops(u8::from(leaves));
            match self.scope.current().admits_sitemap(&request) {
                Ok(()) => self.offer(UrlKey::from_request(&request), request, now),
                Err(reason) => self.refuse(reason),
            }
        }
    }

    /// Forbids requests to a host before `at`; its row is written with the next commit.
    fn postpone(&mut self, slot: usize, at: Mono, cause: DelayCause) {
        let Some(host) = self.hosts.get(slot) else { return };
        self.schedule.postpone(&host.politeness, at, cause);
        self.commits.open().touch(host.key);
    }
}
