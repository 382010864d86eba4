//! robots.txt as the prerequisite of a host: when it is asked for, what came of it, and what it forbids.
//!
//! The first copy is waited for. A new one is asked for before the old one is a day old, while the host goes on with that;
//! when it cannot be had, the old one counts for up to 30 days (RFC 9309 sections 2.3.1.4 and 2.4).

use std::time::Duration;

use super::{Copy, MAX_AGE, Queued, RobotsState};
use crate::{
    base::{
        text,
        time::{Mono, Now},
    },
    frontier::{
        Frontier,
        assignment::{Assignment, LeaseKind},
        commit::entry::Entry,
        politeness::{
            Obedience,
            parking::{Cause, ParkReason},
        },
    },
    http::request::Request,
    outcome::Outcome,
    robots::RobotsAnswer,
    store::QueuePosition,
};

/// When a new copy is asked for: an hour before the old one is a day old.
const REFRESH: Duration = Duration::from_secs(23 * 3600);

/// Words that are kept of why a robots.txt could not be had, in bytes at most.
const MAX_WORDS: usize = 100;

/// When a robots.txt that cannot be had is asked for again.
const AGAIN: Duration = Duration::from_secs(3600);

impl Frontier {
    /// Whether the host's robots.txt is to be asked for now.
    pub(crate) fn needs_robots(&self, slot: usize, now: Mono) -> bool {
        if self.policy(slot).politeness.robots == Obedience::Ignore {
            return false;
        }
        match self.hosts.get(slot).map(|host| &host.robots) {
            Some(RobotsState::Unknown) => true,
            Some(RobotsState::Rules(copy)) => copy.refresh <= now,
            Some(RobotsState::Asked | RobotsState::Refreshing(_)) | None => false,
        }
    }

    /// Whether its robots.txt forbids a page.
    pub(crate) fn is_forbidden(&self, slot: usize, request: &Request) -> bool {
        let Some(copy) = self.hosts.get(slot).and_then(|host| host.robots.copy()) else { return false };
        let url = request.url();
        match url.query() {
            Some(query) => !copy.rules.allows(&format!("{}?{query}", url.path())),
            None => !copy.rules.allows(url.path()),
        }
    }

    /// Lends the host's robots.txt.
    pub(crate) fn lend_robots(&mut self, slot: usize, now: Now) -> Option<Assignment> {
        let host = self.hosts.get_mut(slot)?;
        let url = host.root.join("/robots.txt").ok()?;
        host.robots = match host.robots.copy() {
            Some(copy) => RobotsState::Refreshing(copy.clone()),
            None => RobotsState::Asked,
        };
        // What the page is asked through, its host's robots.txt is too: there may be no other way.
        let proxy = host.queue.first().and_then(|queued| queued.entry.request()?.proxy_url().map(str::to_owned));
        let request = proxy.into_iter().fold(Request::get(url), Request::proxy);
        let entry = Entry::new(0, &request);
        let place = QueuePosition { rank: 0, seq: 0 };
        Some(self.hand_out(slot, Queued { place, entry, not_before: Mono(0) }, request, LeaseKind::Robots, now))
    }

    /// Takes in what asking for a host's robots.txt gave.
    pub(crate) fn robots_home(&mut self, slot: usize, outcome: Outcome, now: Now) {
        let stopping = self.stopping;
        let max_crawl_delay = self.policy(slot).politeness.max_crawl_delay;
        let Some(host) = self.hosts.get_mut(slot) else { return };
        let old = std::mem::replace(&mut host.robots, RobotsState::Unknown);
        match outcome {
            Outcome::Robots(RobotsAnswer::Rules(rules)) => {
                host.robots_failures = 0;
                let asked = rules.crawl_delay().unwrap_or_default();
                let copy = Copy { rules: rules.clone(), fetched: now.mono, refresh: now.mono + REFRESH };
                host.learn_robots(copy, now);
                if asked > max_crawl_delay {
                    self.push_gate(slot, now.mono + asked, Cause::CrawlDelay);
                    self.park(slot, ParkReason::CrawlDelay, now.mono + asked);
                }
                self.offer_sitemaps(slot, &rules, now);
            }
            Outcome::Lost if stopping => {}
            Outcome::Robots(RobotsAnswer::Unreachable(message)) => self.robots_failed(slot, &old, &message, now),
            Outcome::Lost
            | Outcome::Retry(_)
            | Outcome::Rejected(_)
            | Outcome::Redirected(_)
            | Outcome::Done
            | Outcome::NotModified => self.robots_failed(slot, &old, "no answer", now),
        }
    }

    fn robots_failed(&mut self, slot: usize, old: &RobotsState, message: &str, now: Now) {
        let retry = self.policy(slot).retry.clone();
        let Some(host) = self.hosts.get_mut(slot) else { return };
        log::info!(host:% = host.root, error = message; "robots.txt unreachable");
        if let Some(copy) = old.copy().filter(|copy| now.mono.since(copy.fetched) < MAX_AGE) {
            host.robots = RobotsState::Rules(Copy { refresh: now.mono + AGAIN, ..copy.clone() });
            return self.count("robotstxt/kept", 1);
        }
        host.robots_error = Some(text::prefix(message, MAX_WORDS).into());
        host.robots_failures = host.robots_failures.saturating_add(1);
        let failures = host.robots_failures;
        if failures > retry.times {
            return self.park(slot, ParkReason::Robots, now.mono + AGAIN);
        }
        let pause = retry.pause(failures, self.luck.f64());
        self.push_gate(slot, now.mono + pause, Cause::Robots);
    }
}
