//! What an answer, or the lack of one, says about its host as a whole: the clock can only be pushed later, and the host
//! may be doubtful, or parked.

use std::time::Duration;

use crate::{
    base::time::{Mono, Now},
    failure::{FetchError, Rejection},
    frontier::{
        Frontier,
        assignment::FetchInfo,
        leases::Leased,
        politeness::{
            parking::{Cause, ParkReason},
            ready_queue::Responsiveness,
        },
    },
    outcome::Outcome,
};

/// The longest `Retry-After` that is believed.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// How long a host that does not answer is parked at least.
const SILENCE: Duration = Duration::from_secs(3600);

impl Frontier {
    /// Whether the host answers.
    pub(crate) fn judge_trust(&mut self, slot: usize, fetch_info: &FetchInfo, outcome: &Outcome) {
        let Some(host) = self.hosts.get_mut(slot) else { return };
        if fetch_info.status.is_some() || matches!(outcome, Outcome::Done) {
            host.trust = Responsiveness::Responsive;
            self.fairness.answered();
        } else if !matches!(outcome, Outcome::Lost) {
            host.trust = Responsiveness::Unknown;
        }
    }

    /// Whatever the answer says about the host as a whole, its clock can only be pushed later.
    pub(crate) fn push_clock(&mut self, leased: &Leased, fetch_info: &FetchInfo, outcome: &Outcome, now: Now) {
        if let Some(started) = fetch_info.started {
            self.push_gate(leased.slot, started + leased.delay, self.delay_cause(leased.slot));
        }
        if let Some(retry_after) = fetch_info.retry_after {
            self.push_gate(leased.slot, now.mono + retry_after.min(MAX_RETRY_AFTER), Cause::RetryAfter);
        }
        let error = match outcome {
            Outcome::Retry(error) | Outcome::Rejected(Rejection::GaveUp(error)) => Some(error),
            Outcome::Done
            | Outcome::NotModified
            | Outcome::Redirected(_)
            | Outcome::Rejected(_)
            | Outcome::Robots(_)
            | Outcome::Lost => None,
        };
        let Some(host) = self.hosts.get_mut(leased.slot) else { return };
        if error.is_none_or(FetchError::is_answer) {
            host.silences = 0;
        } else {
            host.silences += 1;
        }
        // A robots.txt that is refused for the moment says the same of the host as a page.
        let is_refused = matches!(outcome, Outcome::Robots(_)) && matches!(fetch_info.status, Some(429 | 503));
        if is_refused || error.is_some_and(FetchError::burdens_host) {
            self.burdened(leased.slot, fetch_info, now);
        } else {
            host.troubles = 0;
            if let (Some(started), Some(_)) = (fetch_info.started, fetch_info.status) {
                host.throttle.ease(fetch_info.ended.since(started));
            }
        }
        self.park_if_silent(leased.slot, now);
    }

    /// The host is in trouble: it gets a pause, and from then on a longer delay.
    fn burdened(&mut self, slot: usize, fetch_info: &FetchInfo, now: Now) {
        let base = self.base_delay(slot);
        let policy = self.policy(slot);
        if !policy.politeness.adaptive {
            return;
        }
        let retry = policy.retry.clone();
        let Some(host) = self.hosts.get_mut(slot) else { return };
        host.troubles = host.troubles.saturating_add(1);
        let started = fetch_info.started.unwrap_or(now.mono);
        host.throttle.trouble(base, started, now.mono);
        let pause = retry.pause(host.troubles, self.luck.f64());
        let delay = self.delay(slot, now.mono);
        self.push_gate(slot, (now.mono + pause).max(started + delay), Cause::Trouble);
    }

    /// A host that has not answered for so long is given up for now.
    fn park_if_silent(&mut self, slot: usize, now: Now) {
        let limit = 4 * (u32::from(self.policy(slot).retry.times) + 1);
        if self.hosts.get(slot).is_some_and(|host| host.silences >= limit && host.parked.is_none()) {
            self.park(slot, ParkReason::Silent, now.mono + SILENCE.max(self.config.wait));
        }
    }

    pub(crate) fn push_gate(&mut self, slot: usize, at: Mono, cause: Cause) {
        let Some(host) = self.hosts.get(slot) else { return };
        if let Some(gate) = self.gates.get_mut(host.gate) {
            gate.push(at, cause);
        }
        let key = host.key;
        self.open().touch(key);
    }
}
