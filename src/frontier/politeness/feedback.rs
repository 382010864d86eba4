//! What the result of a request means for its host: clocks move later, and the host may be parked.

use std::time::Duration;

use super::{
    HostSchedule, Responsiveness,
    parking::{DelayCause, ParkReason},
    slots::Started,
};
use crate::{
    base::time::{Mono, Now},
    failure::{FetchError, Rejection},
    frontier::{
        assignment::{FetchInfo, LeaseKind},
        hosts::Host,
    },
    outcome::Outcome,
};

/// Maximum `Retry-After`.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Minimum time that a host is parked for if it does not answer.
const NO_ANSWER: Duration = Duration::from_secs(3600);

/// What a result changed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Feedback {
    /// Whether the clock of the host was set, so that its row must be written.
    pub(crate) is_postponed: bool,
    /// Number of URLs parked with the host.
    pub(crate) parked: u64,
}

impl HostSchedule {
    /// Applies the result of a request that was started for a page or a robots.txt.
    pub(crate) fn apply_result(
        &mut self,
        slot: usize,
        host: &mut Host,
        (started, fetch_info, outcome): (&Started, &FetchInfo, &Outcome),
        now: Now,
    ) -> Feedback {
        self.update_responsiveness(host, started.kind, fetch_info, outcome);
        let mut feedback = Feedback::default();
        if let Some(at) = fetch_info.started {
            let cause = self.delay_cause(host);
            self.limiters.postpone(started.limiter, at + started.delay, cause);
            feedback.is_postponed = true;
        }
        if let Some(retry_after) = fetch_info.retry_after {
            let at = now.mono + retry_after.min(MAX_RETRY_AFTER);
            self.limiters.postpone(started.limiter, at, DelayCause::RetryAfter);
            feedback.is_postponed = true;
        }
        if matches!(outcome, Outcome::Stale) {
            // It says nothing about the host.
            return feedback;
        }
        if matches!(outcome, Outcome::Revoked) {
            // Less than a failed attempt: the host may only be slow. It is not tested a second time.
            host.politeness.unanswered += 1;
            return feedback;
        }
        let error = error_of(outcome);
        if error.is_none_or(FetchError::is_host_responsive) {
            host.politeness.unanswered = 0;
        } else {
            host.politeness.unanswered += 1;
        }
        // Status 429 or 503 for a robots.txt slows the host down like one for a page.
        let is_refused = matches!(outcome, Outcome::Robots(_)) && matches!(fetch_info.status, Some(429 | 503));
        if is_refused || error.is_some_and(FetchError::delays_host) {
            feedback.is_postponed |= self.back_off(host, fetch_info.started, now.mono);
        } else {
            host.politeness.consecutive_failures = 0;
            if let (Some(started), Some(_)) = (fetch_info.started, fetch_info.status) {
                host.politeness.adaptive_delay.answered(fetch_info.ended.since(started));
            }
        }
        feedback.parked = self.park_if_unanswered(slot, host, now.mono);
        feedback
    }

    /// A robots.txt shows only that a host does not answer, because some hosts answer it and then hang at their pages.
    fn update_responsiveness(&mut self, host: &mut Host, kind: LeaseKind, fetch_info: &FetchInfo, outcome: &Outcome) {
        let is_answered = fetch_info.status.is_some() || matches!(outcome, Outcome::Done);
        if is_answered {
            self.shares.answered();
        }
        let is_whole = match (kind, outcome) {
            (_, Outcome::Lost | Outcome::Stale) => return,
            (_, Outcome::Revoked) => false,
            (LeaseKind::Robots | LeaseKind::Address, _) if is_answered => return,
            (LeaseKind::Robots | LeaseKind::Address, _) => false,
            (LeaseKind::Page, outcome) => is_answered && error_of(outcome).is_none_or(is_whole_answer),
        };
        if is_whole {
            self.shares.page_was_whole();
        }
        host.politeness.responsiveness = if is_whole { Responsiveness::Responsive } else { Responsiveness::Unknown };
    }

    /// Gives a failing host a pause, and a longer delay after it. Returns false if its policy does not allow that.
    fn back_off(&mut self, host: &mut Host, started: Option<Mono>, now: Mono) -> bool {
        if !self.policy(&host.politeness).politeness.adaptive {
            return false;
        }
        let (base, started) = (self.base_delay(host), started.unwrap_or(now));
        host.politeness.consecutive_failures = host.politeness.consecutive_failures.saturating_add(1);
        host.politeness.adaptive_delay.failed(base, started, now);
        let pause = self.backoff(&host.politeness, host.politeness.consecutive_failures);
        let delay = self.delay(host, now);
        self.postpone(&host.politeness, (now + pause).max(started + delay), DelayCause::Trouble);
        true
    }

    /// Parks a host after too many consecutive attempts without an answer.
    fn park_if_unanswered(&mut self, slot: usize, host: &mut Host, now: Mono) -> u64 {
        let limit = 4 * (u32::from(self.policy(&host.politeness).retry.times) + 1);
        if host.politeness.unanswered < limit || host.politeness.parked.is_some() {
            return 0;
        }
        self.park(slot, host, ParkReason::NoAnswer, now + NO_ANSWER.max(self.max_wait))
    }
}

/// Returns the error that an attempt ended with.
fn error_of(outcome: &Outcome) -> Option<&FetchError> {
    match outcome {
        Outcome::Retry(error) | Outcome::Rejected(Rejection::GaveUp(error)) => Some(error),
        Outcome::Done
        | Outcome::NotModified
        | Outcome::Redirected(_)
        | Outcome::Rejected(_)
        | Outcome::Robots(_)
        | Outcome::GivenBack
        | Outcome::Stale
        | Outcome::Revoked
        | Outcome::Lost => None,
    }
}

/// Returns true if a host has sent the whole response that led to an error.
fn is_whole_answer(error: &FetchError) -> bool {
    matches!(error, FetchError::Status(_))
}
