//! A host in memory.

use std::net::IpAddr;

use url::Url;

use super::{
    queue::HostQueue,
    robots_state::{CachedRobots, RobotsState, StoredRobots},
    usage::HostUsage,
};
use crate::{
    base::time::{Mono, Now, Wall},
    frontier::{politeness::HostPoliteness, scope::traps::TrapCounts},
    keys::{HostKey, UrlKey},
};

/// A host in memory.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) key: HostKey,
    /// `scheme://host[:port]/`
    pub(crate) root: Url,
    pub(crate) queue: HostQueue,
    /// What decides when the host may be asked.
    pub(crate) politeness: HostPoliteness,
    /// `None` if unknown.
    pub(crate) address: Option<IpAddr>,
    /// Whether its name has been looked up, with or without success.
    pub(crate) is_looked_up: bool,
    pub(crate) robots: RobotsState,
    /// The form of `robots` for the host's row; `None` if there is none or it is too large.
    pub(crate) stored_robots: Option<Box<StoredRobots>>,
    /// Consecutive failures to fetch robots.txt.
    pub(crate) robots_failures: u16,
    /// Why robots.txt was unreachable; `None` if it was not at the last attempt.
    pub(crate) robots_error: Option<Box<str>>,
    /// URLs admitted, for `scope.host_pages`.
    pub(crate) admitted: u64,
    pub(crate) usage: HostUsage,
    /// Counts for `[traps]`.
    pub(crate) traps: TrapCounts,
    /// Number of refused links in the refusal log.
    pub(crate) refusals_logged: u16,
    /// Number of its leases in flight, including those for address and robots.txt.
    pub(crate) leases: u32,
    /// Page leases issued since the host came into memory.
    pub(crate) leased_since_load: u32,
    /// Due time of a host that is being evicted: it leaves memory once the store has it. `None` for other hosts.
    pub(crate) evicting: Option<Mono>,
    /// Entries of its queue in the store, as of the last commit sent.
    pub(crate) stored: u64,
    /// Its due entry in the store, likewise.
    pub(crate) due: Option<Wall>,
}

/// Memory of a host besides the heads of its queue; there may be `store.hosts` of them.
const _: () = assert!(size_of::<Host>() <= 512, "a size class of allocators");

impl Host {
    /// A new host.
    pub(crate) fn new(key: HostKey, root: Url, politeness: HostPoliteness) -> Self {
        let address = match root.host() {
            Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(url::Host::Domain(_)) | None => None,
        };
        Self {
            key,
            root,
            queue: HostQueue::default(),
            politeness,
            is_looked_up: address.is_some(),
            address,
            robots: RobotsState::Unknown,
            stored_robots: None,
            robots_failures: 0,
            robots_error: None,
            admitted: 0,
            usage: HostUsage::default(),
            traps: TrapCounts::default(),
            refusals_logged: 0,
            leases: 0,
            leased_since_load: 0,
            evicting: None,
            stored: 0,
            due: None,
        }
    }

    /// Replaces its robots.txt.
    pub(crate) fn set_robots(&mut self, copy: CachedRobots, now: Now) {
        self.robots_error = None;
        self.stored_robots = StoredRobots::new(&copy, now).map(Box::new);
        self.robots = RobotsState::Rules(copy);
    }

    /// Returns the key of one of its URLs.
    pub(crate) fn url_key(&self, url: u64) -> UrlKey {
        UrlKey { host: self.key, url }
    }
}
