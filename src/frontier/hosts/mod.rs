//! One host in memory: the heads of its queue, and what is known about it.

pub(crate) mod address;
pub(crate) mod inactive;
pub(crate) mod parking;
pub(crate) mod queue;
pub(crate) mod ready_queue;
pub(crate) mod robots_fetch;
pub(crate) mod robots_state;
pub(crate) mod row;
pub(crate) mod usage;

use std::net::IpAddr;

use url::Url;

use self::{parking::ParkReason, ready_queue::Responsiveness, usage::HostUsage};
use super::{
    politeness::{adaptive_delay::AdaptiveDelay, limiter::LimiterId},
    scope::traps::TrapCounts,
};
use crate::{
    base::time::{Mono, Now, Wall},
    keys::{HostKey, UrlKey},
};

pub(super) use queue::{FEW_HEADS, HEADS, HostQueue, Queued};
pub(super) use robots_state::{Copy, MAX_AGE, RobotsState};
pub(super) use row::Row;

use robots_state::RobotsCopy;

/// Which list of the schedule holds a host. It is in one at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostState {
    /// In none: nothing to give.
    Idle,
    /// In the ready list.
    Ready,
    /// In the heap of waiting hosts until `at`; the stamp tells a live entry there from an old one.
    Waiting { at: Mono, stamp: u64 },
    /// In the list of a full gate.
    WaitingForSlot,
}

/// A host in memory.
#[derive(Debug)]
pub(crate) struct Host {
    pub(super) key: HostKey,
    /// `scheme://host[:port]/`
    pub(super) root: Url,
    pub(super) queue: HostQueue,
    /// Which policy holds for it.
    pub(super) policy: u32,
    /// Clock and count of its requests; its domain's under `group = "domain"`.
    pub(super) gate: LimiterId,
    /// The same of its address, where that is limited and known.
    pub(super) ip_gate: Option<LimiterId>,
    pub(super) address: Option<IpAddr>,
    /// Whether its name has been looked up, with or without success.
    pub(super) is_looked_up: bool,
    pub(super) robots: RobotsState,
    /// What the row keeps of it.
    copy: Option<Box<RobotsCopy>>,
    pub(super) robots_failures: u16,
    /// Why it could not be had the last time, if it could not.
    pub(super) robots_error: Option<Box<str>>,
    /// Lengthens its delay while it is in trouble.
    pub(super) throttle: AdaptiveDelay,
    /// Failures in a row that burden the host.
    pub(super) troubles: u16,
    /// Whether it answers, by the last attempt.
    pub(super) trust: Responsiveness,
    /// Attempts in a row without any answer.
    pub(super) silences: u32,
    pub(super) standing: HostState,
    pub(super) parked: Option<ParkReason>,
    /// URLs admitted, for `scope.host_pages`.
    pub(super) admitted: u64,
    /// What its requests have cost.
    pub(super) spent: HostUsage,
    /// What its row keeps of `[traps]`.
    pub(super) traps: TrapCounts,
    /// Refused links that were noted down.
    pub(super) noted: u16,
    /// Leases out, those for its address and robots.txt among them.
    pub(super) leases: u32,
    /// URLs it gave since it came into memory.
    pub(super) given: u32,
    /// It leaves memory as soon as the store has it; its turn is then.
    pub(super) leaving: Option<Mono>,
    /// Entries in the store's queue as of the last commit sent.
    pub(super) stored: u64,
    /// Its due entry there.
    pub(super) due: Option<Wall>,
}

/// What a host takes beside its heads: there may be `store.hosts` of them.
const _: () = assert!(size_of::<Host>() <= 512, "a size that allocators have");

impl Host {
    /// A host never met before.
    pub(super) fn new(key: HostKey, root: Url, gate: LimiterId) -> Self {
        let address = match root.host() {
            Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(url::Host::Domain(_)) | None => None,
        };
        Self {
            key,
            root,
            queue: HostQueue::default(),
            policy: 0,
            gate,
            ip_gate: None,
            is_looked_up: address.is_some(),
            address,
            robots: RobotsState::Unknown,
            copy: None,
            robots_failures: 0,
            robots_error: None,
            throttle: AdaptiveDelay::default(),
            troubles: 0,
            trust: Responsiveness::Unknown,
            silences: 0,
            standing: HostState::Idle,
            parked: None,
            admitted: 0,
            spent: HostUsage::default(),
            traps: TrapCounts::default(),
            noted: 0,
            leases: 0,
            given: 0,
            leaving: None,
            stored: 0,
            due: None,
        }
    }

    /// Takes in what its robots.txt says.
    pub(super) fn learn_robots(&mut self, copy: Copy, now: Now) {
        self.robots_error = None;
        self.copy = RobotsCopy::new(&copy, now).map(Box::new);
        self.robots = RobotsState::Rules(copy);
    }

    /// The key of one of its URLs.
    pub(super) fn url_key(&self, url: u64) -> UrlKey {
        UrlKey { host: self.key, url }
    }
}
