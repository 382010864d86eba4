//! A host as the store keeps it.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Host,
    queue::HostQueue,
    robots_state::{RobotsCopy, RobotsState},
    usage::HostUsage,
};
use crate::{
    base::time::{Mono, Now, Wall},
    frontier::{
        commit::{codec::encoded, inspect::StoredHost},
        politeness::{
            adaptive_delay::{self, AdaptiveDelay},
            limiter::LimiterId,
            parking::{Cause, ParkReason},
            ready_queue::Responsiveness,
        },
        scope::traps::TrapCounts,
    },
    keys::HostKey,
    store::QueuePosition,
};

/// What the store keeps of a host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    root: Url,
    /// Queue entries as of this commit.
    pub(crate) queued: u64,
    admitted: u64,
    next_allowed: Wall,
    /// What pushed it there.
    cause: Cause,
    /// Whether the host was parked, and why: the next start tries it again.
    parked: Option<ParkReason>,
    troubles: u16,
    throttle: adaptive_delay::Saved,
    due: Option<Wall>,
    address: Option<IpAddr>,
    robots: Option<Box<RobotsCopy>>,
    robots_error: Option<Box<str>>,
    spent: HostUsage,
    traps: TrapCounts,
    noted: u16,
    /// Where each rank of its queue begins.
    floors: Vec<QueuePosition>,
    /// Whether it answers.
    trust: Responsiveness,
    /// The last commit before the process that wrote the row: its clock is that process's.
    run: u64,
}

impl Host {
    /// The host as its row describes it, nothing of its queue read yet.
    pub(crate) fn from_row(key: HostKey, row: Row, gate: LimiterId, run: u64, now: Now) -> Self {
        let (parked, is_fresh) = (row.parked(run), row.run == run);
        let throttle = AdaptiveDelay::restored(&row.throttle, now);
        let Row { root, queued, admitted, troubles, due, address, robots: copy, robots_error, .. } = row;
        let Row { spent, traps, noted, .. } = row;
        let robots = copy.as_ref().and_then(|copy| copy.state(now)).unwrap_or(RobotsState::Unknown);
        let new = Self::new(key, root, gate);
        let address = new.address.or(address);
        // A name is looked up again after a restart.
        let is_looked_up = new.is_looked_up || (is_fresh && address.is_some());
        let queue = HostQueue::unread(queued, row.floors);
        let new = Self { queue, stored: queued, due, address, is_looked_up, robots, copy, robots_error, ..new };
        Self { admitted, troubles, throttle, spent, traps, noted, trust: row.trust, parked, ..new }
    }

    /// The row to commit.
    pub(crate) fn row(&self, (next_allowed, cause): (Mono, Cause), run: u64, now: Now) -> Bytes {
        let row = Row {
            root: self.root.clone(),
            queued: self.stored,
            admitted: self.admitted,
            next_allowed: now.wall_at(next_allowed),
            cause,
            parked: self.parked,
            troubles: self.troubles,
            throttle: self.throttle.saved(now),
            due: self.due,
            address: self.address,
            robots: self.copy.clone(),
            robots_error: self.robots_error.clone(),
            spent: self.spent,
            traps: self.traps.clone(),
            noted: self.noted,
            floors: self.queue.floors().to_vec(),
            trust: self.trust,
            run,
        };
        encoded(&row)
    }
}

impl Row {
    /// Reads a row; nothing if it is none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// How long its host must not be asked. After a restart that is one full `delay` at least, counted from here: what
    /// happened in between is not known.
    pub(crate) fn pause(&self, delay: Duration, run: u64, now: Now) -> (Duration, Cause) {
        let rest = self.next_allowed.since(now.wall);
        if self.run == run || rest >= delay { (rest, self.cause) } else { (delay, Cause::Delay) }
    }

    /// The row with other queue entries, and the host's turn.
    pub(crate) fn recounted(self, queued: u64, floors: Vec<QueuePosition>) -> (Bytes, Option<Wall>) {
        let due = (queued > 0).then(|| self.due.unwrap_or_default());
        let row = Self { queued, due, floors, ..self };
        (encoded(&row), due)
    }

    /// What it says, for whoever asks.
    pub(crate) fn into_state(self) -> StoredHost {
        StoredHost {
            queued: self.queued,
            admitted: self.admitted,
            next_allowed: self.next_allowed,
            cause: self.cause,
            parked: self.parked,
            robots: self.robots.and_then(|copy| copy.into_rules()),
            robots_error: self.robots_error,
            spent: self.spent,
            floors: self.floors,
            traps: self.traps,
            noted: self.noted,
        }
    }

    /// Why its host rests, if process `run` parked it.
    pub(crate) fn parked(&self, run: u64) -> Option<ParkReason> {
        self.parked.filter(|_| self.run == run)
    }

    /// Whether process `run` laid its host to rest and its turn has not come.
    pub(crate) fn sleeps(&self, run: u64, now: Wall) -> bool {
        self.run == run && self.due.is_some_and(|due| due > now)
    }

    /// When its host's turn is.
    pub(crate) fn due(&self) -> Wall {
        self.due.unwrap_or_default()
    }

    /// The root URL of its host.
    pub(crate) fn root(&self) -> &Url {
        &self.root
    }
}
