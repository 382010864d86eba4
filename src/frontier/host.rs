//! One host in memory: the heads of its queue, and what is known about it.

use std::{collections::VecDeque, net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{entry::Entry, gate::GateId, rules::Rule, schedule::Trust, throttle::Throttle};
use crate::{
    canonical::{HostKey, UrlKey},
    robots::Robots,
    store::Place,
    time::{Mono, Now, Wall},
};

/// Heads of a queue kept in memory, at most.
pub(super) const HEADS: usize = 16;

/// A queue is read on when fewer heads than this are left.
const LOW_WATER: usize = 8;

/// An entry in memory, ready to be lent.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub(super) place: Place,
    pub(super) entry: Entry,
    /// When it may be asked, on the monotonic clock.
    pub(super) not_before: Mono,
}

/// What is known of a host's robots.txt.
#[derive(Clone, Debug)]
pub(super) enum RobotsState {
    /// Not asked yet, or the answer was none.
    Unknown,
    /// A lease for it is out.
    Asked,
    /// Its rules.
    Rules(Copy),
    /// A lease for new ones is out; the old ones count until it is home.
    Refreshing(Copy),
}

/// A copy of a host's robots.txt.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    pub(super) rules: Arc<Robots>,
    /// When it was fetched.
    pub(super) fetched: Mono,
    /// When it should be fetched again.
    pub(super) refresh: Mono,
}

impl RobotsState {
    /// The copy that counts, if there is one.
    pub(super) fn copy(&self) -> Option<&Copy> {
        match self {
            Self::Rules(copy) | Self::Refreshing(copy) => Some(copy),
            Self::Unknown | Self::Asked => None,
        }
    }

    /// Whether a lease for it is out.
    fn is_out(&self) -> bool {
        match self {
            Self::Asked | Self::Refreshing(_) => true,
            Self::Unknown | Self::Rules(_) => false,
        }
    }
}

/// How long a copy counts when no new one can be had (RFC 9309 section 2.3.1.4).
pub(super) const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 3600);

/// The largest copy of a robots.txt that a row keeps, in bytes: a larger file is asked for again after a restart.
const MAX_COPY: usize = 16 << 10;

/// A host's robots.txt as its row keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RobotsCopy {
    rules: Bytes,
    fetched: Wall,
    refresh: Wall,
}

impl RobotsCopy {
    fn new(copy: &Copy, now: Now) -> Option<Self> {
        let rules = Bytes::from(copy.rules.to_bytes());
        let refresh = now.wall_at(copy.refresh);
        (rules.len() <= MAX_COPY).then_some(Self { rules, fetched: now.wall, refresh })
    }

    /// What it says, unless it is so old that it counts no more.
    fn state(&self, now: Now) -> Option<RobotsState> {
        let rules = Robots::from_bytes(&self.rules).filter(|_| now.wall.since(self.fetched) < MAX_AGE)?;
        let refresh = now.mono_at(self.refresh);
        Some(RobotsState::Rules(Copy { rules: Arc::new(rules), fetched: now.mono, refresh }))
    }
}

/// Which list of the schedule holds a host. It is in one at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// In none: nothing to give.
    Idle,
    /// In the ready list.
    Ready,
    /// In the heap of waiting hosts until `at`; the stamp tells a live entry there from an old one.
    Waiting { at: Mono, stamp: u64 },
    /// In the list of a full gate.
    Gated,
}

/// Why a host is parked: it cannot be asked within `limits.wait`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ParkReason {
    /// Its robots.txt cannot be had.
    Robots,
    /// Its Crawl-delay is over `politeness.max_crawl_delay`.
    CrawlDelay,
    /// It asked to be left alone (Retry-After), or failed too often.
    Wait,
    /// Too many attempts in a row got no answer.
    Silent,
}

impl ParkReason {
    /// The reason as counters and logs name it.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Robots => "robots",
            Self::CrawlDelay => "crawl_delay",
            Self::Wait => "retry_after",
            Self::Silent => "no_answer",
        }
    }
}

/// A host in memory.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) key: HostKey,
    /// `scheme://host[:port]/`
    pub(super) root: Url,
    /// Sorted by place, at most [`HEADS`] but for the moment of an insertion.
    heads: VecDeque<Queued>,
    /// Everything queued up to here is a head or leased.
    read: Option<Place>,
    /// Entries queued behind `read`.
    beyond: u64,
    /// Whether a question for more heads is out or due.
    pub(super) hungry: bool,
    /// Which policy holds for it.
    pub(super) policy: usize,
    /// Clock and count of its requests; its domain's under `group = "domain"`.
    pub(super) gate: GateId,
    /// The same of its address, where that is limited and known.
    pub(super) ip_gate: Option<GateId>,
    pub(super) address: Option<IpAddr>,
    /// Whether its name has been looked up, with or without success.
    pub(super) is_looked_up: bool,
    pub(super) robots: RobotsState,
    /// What the row keeps of it.
    copy: Option<RobotsCopy>,
    pub(super) robots_failures: u16,
    /// Lengthens its delay while it is in trouble.
    pub(super) throttle: Throttle,
    /// Failures in a row that burden the host.
    pub(super) troubles: u16,
    /// Whether it answers, by the last attempt.
    pub(super) trust: Trust,
    /// Attempts in a row without any answer.
    pub(super) silences: u32,
    pub(super) standing: Standing,
    pub(super) parked: Option<ParkReason>,
    /// URLs admitted, for `scope.host_pages`.
    pub(super) admitted: u64,
    /// Page leases out.
    pub(super) leased: u64,
    /// Entries in the store's queue as of the last commit sent.
    pub(super) stored: u64,
    /// Its due entry there.
    pub(super) due: Option<Wall>,
}

/// What the store keeps of a host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    root: Url,
    /// Queue entries as of this commit.
    pub(super) queued: u64,
    admitted: u64,
    next_allowed: Wall,
    troubles: u16,
    due: Option<Wall>,
    address: Option<IpAddr>,
    robots: Option<RobotsCopy>,
    /// The last commit before the process that wrote the row: its clock is that process's.
    run: u64,
}

impl Host {
    /// A host never met before.
    pub(super) fn new(key: HostKey, root: Url, gate: GateId) -> Self {
        let address = match root.host() {
            Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(url::Host::Domain(_)) | None => None,
        };
        Self {
            key,
            root,
            heads: VecDeque::new(),
            read: None,
            beyond: 0,
            hungry: false,
            policy: 0,
            gate,
            ip_gate: None,
            is_looked_up: address.is_some(),
            address,
            robots: RobotsState::Unknown,
            copy: None,
            robots_failures: 0,
            throttle: Throttle::default(),
            troubles: 0,
            trust: Trust::Doubtful,
            silences: 0,
            standing: Standing::Idle,
            parked: None,
            admitted: 0,
            leased: 0,
            stored: 0,
            due: None,
        }
    }

    /// The host as its row describes it, nothing of its queue read yet.
    pub(super) fn from_row(key: HostKey, row: Row, gate: GateId, now: Now) -> Self {
        let Row { root, queued, admitted, troubles, due, address, robots: copy, .. } = row;
        let robots = copy.as_ref().and_then(|copy| copy.state(now)).unwrap_or(RobotsState::Unknown);
        let new = Self::new(key, root, gate);
        let address = new.address.or(address);
        Self { beyond: queued, stored: queued, admitted, troubles, due, address, robots, copy, ..new }
    }

    /// Takes in what its robots.txt says.
    pub(super) fn learn_robots(&mut self, copy: Copy, now: Now) {
        self.copy = RobotsCopy::new(&copy, now);
        self.robots = RobotsState::Rules(copy);
    }

    /// The row to commit.
    pub(super) fn row(&self, next_allowed: Mono, run: u64, now: Now) -> Bytes {
        let row = Row {
            root: self.root.clone(),
            queued: self.stored,
            admitted: self.admitted,
            next_allowed: now.wall_at(next_allowed),
            troubles: self.troubles,
            due: self.due,
            address: self.address,
            robots: self.copy.clone(),
            run,
        };
        postcard::to_stdvec(&row).unwrap_or_default().into()
    }

    /// Whether no list of the schedule has it.
    pub(super) fn is_at_rest(&self) -> bool {
        self.standing == Standing::Idle && !self.robots.is_out()
    }

    /// Queue entries, not counting what is leased.
    pub(super) fn queued(&self) -> u64 {
        self.heads.len() as u64 + self.beyond
    }

    /// Heads in memory.
    #[cfg(test)]
    pub(super) fn heads(&self) -> usize {
        self.heads.len()
    }

    /// Where its queue has been read to.
    pub(super) fn read_position(&self) -> Option<Place> {
        self.read
    }

    /// Whether more heads should be read.
    pub(super) fn wants_heads(&self) -> bool {
        self.beyond > 0 && self.heads.len() < LOW_WATER
    }

    /// Takes in an entry admitted or given back. What lies before the read position becomes a head; if that is one too
    /// many, the last head falls out and the position steps back.
    pub(super) fn put(&mut self, queued: Queued) {
        let everything_is_here = self.beyond == 0 && self.heads.len() < HEADS;
        if self.read.is_none_or(|read| queued.place > read) && !everything_is_here {
            self.beyond += 1;
            return;
        }
        if self.heads.len() >= HEADS && !Rule::Heads.is_kept() {
            self.beyond += 1;
            return;
        }
        self.read = self.read.max(Some(queued.place));
        self.insert(queued);
        if self.heads.len() > HEADS {
            self.heads.pop_back();
            self.beyond += 1;
            self.read = self.heads.back().map(|last| last.place);
        }
    }

    /// Takes heads that were read behind the position, in order, as far as there is room, and moves the position. `end`
    /// is where the reading stopped for want of room in the answer: everything up to there has been offered.
    pub(super) fn refill(&mut self, found: impl IntoIterator<Item = Queued>, end: Option<Place>) {
        self.hungry = false;
        for queued in found {
            if self.heads.len() >= HEADS {
                return;
            }
            self.read = self.read.max(Some(queued.place));
            self.beyond = self.beyond.saturating_sub(1);
            self.insert(queued);
        }
        // Full: whatever comes next may have been left out of `found`.
        if self.heads.len() < HEADS {
            self.read = self.read.max(end);
        }
    }

    /// Takes the first head whose time has come.
    pub(super) fn take(&mut self, now: Mono) -> Option<Queued> {
        let index = self.heads.iter().position(|head| head.not_before <= now)?;
        self.heads.remove(index)
    }

    /// Its first head.
    pub(super) fn first(&self) -> Option<&Queued> {
        self.heads.front()
    }

    /// When its first head may be asked; none without heads.
    pub(super) fn first_due(&self) -> Option<Mono> {
        self.heads.iter().map(|head| head.not_before).min()
    }

    /// The key of one of its URLs.
    pub(super) fn url_key(&self, url: u64) -> UrlKey {
        UrlKey { host: self.key, url }
    }

    fn insert(&mut self, queued: Queued) {
        let at = self.heads.partition_point(|head| head.place < queued.place);
        self.heads.insert(at, queued);
    }
}

impl Row {
    /// Reads a row; nothing if it is none.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// How long the host must not be asked. After a restart that is one full `delay` at least, counted from here: what
    /// happened in between is not known.
    pub(super) fn rest(&self, delay: Duration, run: u64, now: Now) -> Duration {
        let rest = self.next_allowed.since(now.wall);
        if self.run == run { rest } else { rest.max(delay) }
    }

    /// The row with another number of queue entries, and the host's turn.
    pub(super) fn recounted(self, queued: u64) -> (Bytes, Option<Wall>) {
        let due = (queued > 0).then(|| self.due.unwrap_or_default());
        let row = Self { queued, due, ..self };
        (postcard::to_stdvec(&row).unwrap_or_default().into(), due)
    }

    /// The root URL of its host.
    pub(super) fn root(&self) -> &Url {
        &self.root
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;

    fn host() -> Host {
        Host::new(HostKey(1), "http://a.example/".parse().unwrap(), 0)
    }

    fn queued(rank: u8, seq: u64) -> Queued {
        let request = Request::get("http://a.example/".parse().unwrap());
        let entry = Entry::new(u64::from(rank) * 1000 + seq, &request);
        Queued { place: Place { rank, seq }, entry, not_before: Mono(0) }
    }

    #[test]
    fn heads_are_the_first_entries() {
        let mut host = host();
        (0..40).for_each(|seq| host.put(queued(128, seq)));
        assert_eq!((host.heads.len(), host.beyond, host.read), (HEADS, 24, Some(Place { rank: 128, seq: 15 })));
        host.put(queued(0, 40));
        assert_eq!((host.heads.len(), host.beyond, host.read), (HEADS, 25, Some(Place { rank: 128, seq: 14 })));
        assert_eq!(host.take(Mono(0)).unwrap().place, Place { rank: 0, seq: 40 });
        host.refill((15..40).map(|seq| queued(128, seq)), None);
        assert_eq!((host.heads.len(), host.beyond, host.read), (HEADS, 24, Some(Place { rank: 128, seq: 15 })));
    }

    #[test]
    fn a_full_host_has_read_no_further_than_its_last_head() {
        let mut host = host();
        (0..40).for_each(|seq| host.put(queued(128, seq)));
        std::iter::from_fn(|| host.take(Mono(0))).for_each(drop);
        host.refill((16..32).map(|seq| queued(128, seq)), Some(Place { rank: 128, seq: 39 }));
        assert_eq!((host.beyond, host.read), (8, Some(Place { rank: 128, seq: 31 })));
        std::iter::from_fn(|| host.take(Mono(0))).for_each(drop);
        host.refill((32..39).map(|seq| queued(128, seq)), Some(Place { rank: 128, seq: 39 }));
        assert_eq!((host.beyond, host.read), (1, Some(Place { rank: 128, seq: 39 })));
    }

    #[test]
    fn an_entry_whose_time_has_not_come_is_passed_over() {
        let mut host = host();
        host.put(Queued { not_before: Mono(10), ..queued(128, 0) });
        host.put(queued(128, 1));
        assert_eq!(host.take(Mono(5)).unwrap().place.seq, 1);
        assert_eq!((host.take(Mono(5)).is_none(), host.first_due()), (true, Some(Mono(10))));
    }
}
