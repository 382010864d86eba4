//! How long a host must not be asked: its delay, and its backoff after failures.

use std::time::Duration;

use super::{HostPoliteness, HostSchedule, parking::DelayCause};
use crate::{base::time::Mono, frontier::hosts::Host};

impl HostSchedule {
    /// Returns the time before which a host must not be asked, and what set it.
    pub(crate) fn next_allowed(&self, host: &HostPoliteness) -> (Mono, DelayCause) {
        self.limiters.clock(host.limiter)
    }

    /// Forbids requests to a host before `at`. An earlier time changes nothing.
    pub(crate) fn postpone(&mut self, host: &HostPoliteness, at: Mono, cause: DelayCause) {
        self.limiters.postpone(host.limiter, at, cause);
    }

    /// Returns a random pause before retry `attempt` (1 = the first) of a host's request.
    pub(crate) fn backoff(&mut self, host: &HostPoliteness, attempt: u16) -> Duration {
        let random = self.rng.f64();
        self.policy(host).retry.pause(attempt, random)
    }

    /// Returns the time from one start of a request to the next, with jitter.
    pub(super) fn delay(&mut self, host: &Host, now: Mono) -> Duration {
        let politeness = &self.policies.get(host.politeness.policy).politeness;
        let base = politeness.delay.max(crawl_delay(host));
        let delay = if politeness.adaptive { host.politeness.adaptive_delay.delay(base, now) } else { base };
        jittered(delay, politeness.jitter, self.rng.f64())
    }

    /// Returns the configured delay, or the one that robots.txt asks for if that is longer.
    pub(super) fn base_delay(&self, host: &Host) -> Duration {
        self.policy(&host.politeness).politeness.delay.max(crawl_delay(host))
    }

    /// Returns where the base delay comes from.
    pub(super) fn delay_cause(&self, host: &Host) -> DelayCause {
        match crawl_delay(host) > self.policy(&host.politeness).politeness.delay {
            true => DelayCause::CrawlDelay,
            false => DelayCause::Delay,
        }
    }
}

/// Returns the delay that a host's robots.txt asks for.
fn crawl_delay(host: &Host) -> Duration {
    host.robots.copy().and_then(|copy| copy.rules.crawl_delay()).unwrap_or_default()
}

/// Returns `delay` times 1 to 1 + `jitter`.
fn jittered(delay: Duration, jitter: f64, random: f64) -> Duration {
    if jitter <= 0.0 { delay } else { delay.mul_f64(1.0 + jitter * random) }
}
