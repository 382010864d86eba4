//! The part of a host's state that decides when it may be asked.

use serde::{Deserialize, Serialize};

use super::{HostClass, adaptive_delay::AdaptiveDelay, limiter::LimiterId, parking::ParkReason};
use crate::base::time::Mono;

/// Result of a host's last page lease. `state export` shows the names that the variants had when they were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Responsiveness {
    /// It ended with a whole answer.
    #[serde(rename = "Answers")]
    Responsive,
    /// There was none, or it ended without a whole answer.
    #[default]
    #[serde(rename = "Doubtful")]
    Unknown,
}

/// Which list of the schedule holds a host. At most one does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum HostState {
    /// No list: the host has no URL that could be leased.
    #[default]
    Idle,
    /// The ready list.
    Ready,
    /// The heap of waiting hosts, until `at`. The stamp tells the valid entry there from old ones.
    Waiting { at: Mono, stamp: u64 },
    /// The list of a limiter without a free slot.
    WaitingForSlot,
}

/// One host's limiters, failures and state. Only files of this folder change it.
#[derive(Debug, Default)]
pub(crate) struct HostPoliteness {
    /// Index of its policy.
    pub(super) policy: u32,
    /// Limiter of the host, or of its domain with `group = "domain"`.
    pub(super) limiter: LimiterId,
    /// Limiter of its IP address; `None` if the address is unknown or has no limit.
    pub(super) ip_limiter: Option<LimiterId>,
    pub(super) adaptive_delay: AdaptiveDelay,
    /// Consecutive failures that are the host's: 429, 503, timeouts, resets.
    pub(super) consecutive_failures: u16,
    /// Result of the last page lease.
    pub(super) responsiveness: Responsiveness,
    /// Consecutive attempts without an answer.
    pub(super) unanswered: u32,
    pub(super) state: HostState,
    /// `None` if the host is not parked.
    pub(super) parked: Option<ParkReason>,
}

/// What outlives a host's time in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastingPoliteness {
    pub(crate) adaptive_delay: AdaptiveDelay,
    pub(crate) consecutive_failures: u16,
    pub(crate) responsiveness: Responsiveness,
    pub(crate) parked: Option<ParkReason>,
}

impl HostPoliteness {
    /// A new host with this policy and limiter.
    pub(super) fn new(policy: u32, limiter: LimiterId) -> Self {
        Self { policy, limiter, ..Self::default() }
    }

    /// Returns what the host has shown so far.
    pub(super) fn class(&self) -> HostClass {
        match (self.responsiveness, self.unanswered) {
            (Responsiveness::Responsive, _) => HostClass::Responsive,
            (Responsiveness::Unknown, 0) => HostClass::Untested,
            (Responsiveness::Unknown, _) => HostClass::Unresponsive,
        }
    }

    /// Returns what the host's row keeps.
    pub(crate) fn lasting(&self) -> LastingPoliteness {
        let Self { adaptive_delay, consecutive_failures, responsiveness, parked, .. } = *self;
        LastingPoliteness { adaptive_delay, consecutive_failures, responsiveness, parked }
    }

    /// The host with what its row kept.
    pub(crate) fn restored(self, lasting: LastingPoliteness) -> Self {
        let LastingPoliteness { adaptive_delay, consecutive_failures, responsiveness, parked } = lasting;
        Self { adaptive_delay, consecutive_failures, responsiveness, parked, ..self }
    }

    /// Returns which list of the schedule holds the host.
    pub(crate) fn state(&self) -> HostState {
        self.state
    }

    /// Returns why the host is parked; `None` if it is not.
    pub(crate) fn parked(&self) -> Option<ParkReason> {
        self.parked
    }

    /// Returns the limiters that the host's requests take slots of.
    pub(crate) fn limiters(&self) -> impl Iterator<Item = LimiterId> + use<> {
        [Some(self.limiter), self.ip_limiter].into_iter().flatten()
    }
}
