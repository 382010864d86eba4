//! robots.txt as the prerequisite of a host: what comes home from asking for it.

use std::time::Duration;

use super::{
    Frontier,
    host::{ParkReason, RobotsState},
};
use crate::{outcome::Outcome, robots::RobotsAnswer, time::Now};

/// How long robots.txt holds (RFC 9309 section 2.4).
const ROBOTS_TTL: Duration = Duration::from_secs(24 * 3600);

/// When a robots.txt that cannot be had is asked for again.
const ROBOTS_AGAIN: Duration = Duration::from_secs(3600);

impl Frontier {
    /// Takes in what asking for a host's robots.txt gave.
    pub(super) fn robots_home(&mut self, slot: usize, outcome: Outcome, now: Now) {
        let stopping = self.stopping;
        let Some(host) = self.hosts.get_mut(slot) else { return };
        host.robots = RobotsState::Unknown;
        match outcome {
            Outcome::Robots(RobotsAnswer::Rules(rules)) => {
                host.robots_failures = 0;
                let asked = rules.crawl_delay().unwrap_or_default();
                host.robots = RobotsState::Rules { rules: rules.clone(), until: now.mono + ROBOTS_TTL };
                if asked > self.config.politeness.max_crawl_delay {
                    self.push_gate(slot, now.mono + asked);
                    self.park(slot, ParkReason::CrawlDelay, now.mono + asked);
                }
                self.offer_sitemaps(slot, &rules, now);
            }
            Outcome::Lost if stopping => {}
            Outcome::Robots(RobotsAnswer::Unreachable(words)) => self.robots_failed(slot, &words, now),
            Outcome::Lost
            | Outcome::Retry(_)
            | Outcome::Rejected(_)
            | Outcome::Redirected(_)
            | Outcome::Done
            | Outcome::NotModified => self.robots_failed(slot, "no answer", now),
        }
    }

    fn robots_failed(&mut self, slot: usize, words: &str, now: Now) {
        let Some(host) = self.hosts.get_mut(slot) else { return };
        log::info!(host:% = host.root, error = words; "robots.txt unreachable");
        host.robots_failures = host.robots_failures.saturating_add(1);
        let failures = host.robots_failures;
        if failures > self.config.retry.times {
            return self.park(slot, ParkReason::Robots, now.mono + ROBOTS_AGAIN);
        }
        let pause = self.config.retry.pause(failures, self.luck.f64());
        self.push_gate(slot, now.mono + pause);
    }
}
