//! One host in memory: the heads of its queue, and what is known about it.

use std::net::IpAddr;

use url::Url;

use super::{
    queue::HostQueue,
    robots_state::{Copy, RobotsCopy, RobotsState},
    usage::HostUsage,
};
use crate::{
    base::time::{Mono, Now, Wall},
    frontier::{
        politeness::{
            adaptive_delay::AdaptiveDelay, limiter::LimiterId, parking::ParkReason, ready_queue::Responsiveness,
        },
        scope::traps::TrapCounts,
    },
    keys::{HostKey, UrlKey},
};

/// Which list of the schedule holds a host. It is in one at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostState {
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
    pub(crate) key: HostKey,
    /// `scheme://host[:port]/`
    pub(crate) root: Url,
    pub(crate) queue: HostQueue,
    /// Which policy holds for it.
    pub(crate) policy: u32,
    /// Clock and count of its requests; its domain's under `group = "domain"`.
    pub(crate) gate: LimiterId,
    /// The same of its address, where that is limited and known.
    pub(crate) ip_gate: Option<LimiterId>,
    pub(crate) address: Option<IpAddr>,
    /// Whether its name has been looked up, with or without success.
    pub(crate) is_looked_up: bool,
    pub(crate) robots: RobotsState,
    /// What the row keeps of it.
    pub(crate) copy: Option<Box<RobotsCopy>>,
    pub(crate) robots_failures: u16,
    /// Why it could not be had the last time, if it could not.
    pub(crate) robots_error: Option<Box<str>>,
    /// Lengthens its delay while it is in trouble.
    pub(crate) throttle: AdaptiveDelay,
    /// Failures in a row that burden the host.
    pub(crate) troubles: u16,
    /// Whether it answers, by the last attempt.
    pub(crate) trust: Responsiveness,
    /// Attempts in a row without any answer.
    pub(crate) silences: u32,
    pub(crate) standing: HostState,
    pub(crate) parked: Option<ParkReason>,
    /// URLs admitted, for `scope.host_pages`.
    pub(crate) admitted: u64,
    /// What its requests have cost.
    pub(crate) spent: HostUsage,
    /// What its row keeps of `[traps]`.
    pub(crate) traps: TrapCounts,
    /// Refused links that were noted down.
    pub(crate) noted: u16,
    /// Leases out, those for its address and robots.txt among them.
    pub(crate) leases: u32,
    /// URLs it gave since it came into memory.
    pub(crate) given: u32,
    /// It leaves memory as soon as the store has it; its turn is then.
    pub(crate) leaving: Option<Mono>,
    /// Entries in the store's queue as of the last commit sent.
    pub(crate) stored: u64,
    /// Its due entry there.
    pub(crate) due: Option<Wall>,
}

/// What a host takes beside its heads: there may be `store.hosts` of them.
const _: () = assert!(size_of::<Host>() <= 512, "a size that allocators have");

impl Host {
    /// A host never met before.
    pub(crate) fn new(key: HostKey, root: Url, gate: LimiterId) -> Self {
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
    pub(crate) fn learn_robots(&mut self, copy: Copy, now: Now) {
        self.robots_error = None;
        self.copy = RobotsCopy::new(&copy, now).map(Box::new);
        self.robots = RobotsState::Rules(copy);
    }

    /// The key of one of its URLs.
    pub(crate) fn url_key(&self, url: u64) -> UrlKey {
        UrlKey { host: self.key, url }
    }
}
