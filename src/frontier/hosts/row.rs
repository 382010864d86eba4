//! The row of a host in the store.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    host::Host,
    queue::HostQueue,
    robots_state::{RobotsState, StoredRobots},
    usage::HostUsage,
};
use crate::{
    base::{
        stored,
        time::{Mono, Now, Wall},
    },
    frontier::{
        politeness::{
            HostPoliteness, Responsiveness,
            adaptive_delay::{AdaptiveDelay, StoredAdaptiveDelay},
            host_politeness::LastingPoliteness,
            parking::{DelayCause, ParkReason},
        },
        scope::traps::TrapCounts,
    },
    keys::HostKey,
    store::QueuePosition,
};

/// A host as stored. The names of the fields are keys in `state export`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) root: Url,
    /// Entries of its queue, as of this commit.
    pub(crate) queued: u64,
    pub(crate) admitted: u64,
    pub(crate) next_allowed: Wall,
    /// What set `next_allowed`.
    pub(crate) cause: DelayCause,
    /// Why the host was parked; the next start tries it again.
    pub(crate) parked: Option<ParkReason>,
    #[serde(rename = "troubles")]
    consecutive_failures: u16,
    #[serde(rename = "throttle")]
    adaptive_delay: StoredAdaptiveDelay,
    due: Option<Wall>,
    address: Option<IpAddr>,
    pub(crate) robots: Option<Box<StoredRobots>>,
    pub(crate) robots_error: Option<Box<str>>,
    #[serde(rename = "spent")]
    pub(crate) usage: HostUsage,
    pub(crate) traps: TrapCounts,
    #[serde(rename = "noted")]
    pub(crate) refusals_logged: u16,
    /// Where each rank of its queue begins.
    pub(crate) floors: Vec<QueuePosition>,
    #[serde(rename = "trust")]
    responsiveness: Responsiveness,
    /// Number of the last commit before the process that wrote this row: it identifies that process and its clock.
    run: u64,
}

impl Host {
    /// The host that `row` describes. Nothing of its queue is read yet.
    pub(super) fn from_row(key: HostKey, row: Row, politeness: HostPoliteness, run: u64, now: Now) -> Self {
        let is_of_this_run = row.run == run;
        let politeness = politeness.restored(LastingPoliteness {
            adaptive_delay: AdaptiveDelay::from_stored(&row.adaptive_delay, now),
            consecutive_failures: row.consecutive_failures,
            responsiveness: row.responsiveness,
            parked: row.parked(run),
        });
        let Row { root, queued, admitted, due, address, robots: stored_robots, robots_error, .. } = row;
        let Row { usage, traps, refusals_logged, floors, .. } = row;
        let robots = stored_robots.as_ref().and_then(|copy| copy.to_state(now)).unwrap_or(RobotsState::Unknown);
        let new = Self::new(key, root, politeness);
        let address = new.address.or(address);
        // A name is looked up again after a restart.
        let is_looked_up = new.is_looked_up || (is_of_this_run && address.is_some());
        let queue = HostQueue::unread(queued, floors);
        let new = Self { queue, stored: queued, due, address, is_looked_up, robots, stored_robots, ..new };
        Self { robots_error, admitted, usage, traps, refusals_logged, ..new }
    }

    /// Returns the encoded row.
    pub(crate) fn to_row(&self, (next_allowed, cause): (Mono, DelayCause), run: u64, now: Now) -> Bytes {
        let LastingPoliteness { adaptive_delay, consecutive_failures, responsiveness, parked } =
            self.politeness.lasting();
        let row = Row {
            root: self.root.clone(),
            queued: self.stored,
            admitted: self.admitted,
            next_allowed: now.wall_at(next_allowed),
            cause,
            parked,
            consecutive_failures,
            adaptive_delay: adaptive_delay.to_stored(now),
            due: self.due,
            address: self.address,
            robots: self.stored_robots.clone(),
            robots_error: self.robots_error.clone(),
            usage: self.usage,
            traps: self.traps.clone(),
            refusals_logged: self.refusals_logged,
            floors: self.queue.floors().to_vec(),
            responsiveness,
            run,
        };
        stored::encode(&row)
    }
}

impl Row {
    /// Decodes a row; `None` if the bytes are not valid.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        stored::decode(bytes)
    }

    /// Returns how long the host must not be asked, and why. After a restart that is at least one full `delay` from now,
    /// because requests after the last commit are not known.
    pub(super) fn pause(&self, delay: Duration, run: u64, now: Now) -> (Duration, DelayCause) {
        let remaining = self.next_allowed.since(now.wall);
        if self.run == run || remaining >= delay { (remaining, self.cause) } else { (delay, DelayCause::Delay) }
    }

    /// Returns the encoded row with other queue entries, and the host's due time.
    pub(crate) fn recounted(self, queued: u64, floors: Vec<QueuePosition>) -> (Bytes, Option<Wall>) {
        let due = (queued > 0).then(|| self.due.unwrap_or_default());
        let row = Self { queued, due, floors, ..self };
        (stored::encode(&row), due)
    }

    /// Returns why the host is parked, if process `run` parked it.
    pub(super) fn parked(&self, run: u64) -> Option<ParkReason> {
        self.parked.filter(|_| self.run == run)
    }

    /// Returns true if process `run` evicted the host and the host is not yet due.
    pub(crate) fn is_inactive(&self, run: u64, now: Wall) -> bool {
        self.run == run && self.due.is_some_and(|due| due > now)
    }

    /// Returns the host's due time.
    pub(super) fn due(&self) -> Wall {
        self.due.unwrap_or_default()
    }
}
