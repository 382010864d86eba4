//! Drives a frontier through a synthetic web on virtual time, and looks at everything it does.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    time::Duration,
};

use super::web::{Kind, Page, Web};
use crate::{
    base::time::{Mono, Now, Wall},
    failure::{FetchError, Rejection},
    frontier::{
        Frontier,
        assignment::{Assignment, FetchInfo, LeaseKind, PageFindings, Settlement},
        config::Config,
        hosts::HEADS,
        tests::at,
    },
    outcome::Outcome,
    robots::{Robots, RobotsAnswer},
    store::{Commit, MemoryStore, QueryResult, Store as _, StoreReader},
};

/// How long the store takes to answer, an exporter to flush, the store to commit.
const ASK: Duration = Duration::from_millis(3);
const FLUSH: Duration = Duration::from_millis(30);
const COMMIT: Duration = Duration::from_millis(20);

/// Time between two flushes.
const INTERVAL: Duration = Duration::from_millis(200);

/// What came home longer ago than this is committed: it waited for a flush, whose batch waited for the one before it.
const SAFE: Duration = Duration::from_millis(2 * 200 + 2 * (30 + 20 + 3));

/// What a busy host asks for.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What happens next.
#[derive(Debug)]
enum Event {
    SettlementSender(Box<Assignment>, Now),
    Answered(QueryResult),
    Flushed(u64, usize),
    Committed(Box<Commit>),
    Flush,
}

/// What the world knows of a host.
#[derive(Clone, Copy, Debug, Default)]
struct Guest {
    in_flight: usize,
    /// It must not be asked before.
    allowed: Mono,
    /// When it last asked to be left alone.
    asked_for_rest: Option<Mono>,
    /// Requests it got.
    served: usize,
    /// When the last page came.
    last: Mono,
}

/// A web, a store that outlives its frontiers, and the outputs.
pub(crate) struct World {
    pub(crate) web: Web,
    config: Config,
    slots: usize,
    store: MemoryStore,
    guests: Vec<Guest>,
    /// The output: every page that came, in order.
    pub(crate) pages: Vec<Page>,
    pub(crate) now: Now,
}

/// One frontier's life.
struct Life {
    frontier: Frontier,
    view: Box<dyn StoreReader>,
    events: BinaryHeap<Reverse<(Mono, usize)>>,
    what: HashMap<usize, Event>,
    serial: usize,
    steps: u64,
}

impl World {
    pub(crate) fn new(web: Web, config: Config, slots: usize) -> Self {
        let guests = vec![Guest::default(); web.hosts];
        Self { web, config, slots, store: MemoryStore::new(), guests, pages: Vec::new(), now: at(0) }
    }

    /// Lets a frontier live on what the last one left, until it has nothing to do or the process is killed after `life`.
    pub(crate) fn live(&mut self, life: Duration) -> Option<Frontier> {
        let (recovered, grants) = (self.store.recover().unwrap(), self.store.claim_partitions(Wall(0), &[]).unwrap());
        let position =
            recovered.positions.first().map_or(0, |(_, bytes)| u64::from_be_bytes(bytes[..].try_into().unwrap()));
        self.pages.truncate(usize::try_from(position).unwrap());
        for guest in &mut self.guests {
            guest.in_flight = 0;
            // What no commit had is forgotten; one full delay from here is what is left of it.
            if guest.asked_for_rest.is_some_and(|asked| self.now.mono.since(asked) < SAFE) {
                guest.allowed = self.now.mono + self.config.politeness.delay;
            }
        }
        let end = self.now.mono + life;
        let frontier = Frontier::new(self.config.clone(), super::scope(), &recovered, &grants);
        let mut life = Life {
            frontier,
            view: self.store.reader(),
            events: BinaryHeap::new(),
            what: HashMap::new(),
            serial: 0,
            steps: 0,
        };
        life.frontier.submit(vec![Web::request((0, 0))], self.now);
        life.post(self.now.mono + INTERVAL, Event::Flush);
        while self.now.mono < end {
            while let Some(event) = life.due(self.now.mono) {
                self.handle(&mut life, event);
            }
            self.pump(&mut life);
            life.look(self.slots);
            if life.frontier.is_exhausted() && life.frontier.is_committed() {
                life.frontier.audit().check().unwrap();
                return Some(life.frontier);
            }
            let events = life.events.peek().map(|Reverse((when, _))| *when);
            let next = events.into_iter().chain(life.frontier.next_due().filter(|_| life.has_room(self.slots))).min();
            let next = next.expect("a crawl that is not over has something to wait for").max(self.now.mono);
            self.now = at(next.0.div_ceil(1_000_000).max(self.now.mono.0 / 1_000_000));
        }
        None
    }

    fn handle(&mut self, life: &mut Life, event: Event) {
        match event {
            Event::SettlementSender(assignment, started) => self.come_home(life, &assignment, started),
            Event::Answered(answer) => life.frontier.apply_result(answer, self.now).unwrap(),
            Event::Flushed(number, length) => {
                life.frontier.flushed(number, vec![(0, (length as u64).to_be_bytes().to_vec().into())]);
            }
            Event::Committed(commit) => {
                self.store.commit(&commit).unwrap();
                life.frontier.committed(commit.number, self.now);
            }
            Event::Flush => {
                if let Some(number) = life.frontier.flush() {
                    life.frontier.cut(number);
                    life.post(self.now.mono + FLUSH, Event::Flushed(number, self.pages.len()));
                }
                life.post(self.now.mono + INTERVAL, Event::Flush);
            }
        }
    }

    /// Does whatever has become possible, as the Scheduler does.
    fn pump(&mut self, life: &mut Life) {
        while life.has_room(self.slots) {
            let Some(assignment) = life.frontier.next_lease(self.now) else { break };
            self.start(&assignment);
            let (host, page) = Web::page(&assignment.request);
            let answered = self.now.mono + Web::latency(host, page.unwrap_or_default());
            life.post(answered, Event::SettlementSender(Box::new(assignment), self.now));
        }
        if let Some(ask) = life.frontier.query(self.now) {
            // Read now, told later: an answer is as old as its snapshot.
            let answer = life.view.query(&ask).unwrap();
            life.post(self.now.mono + ASK, Event::Answered(answer));
        }
        if let Some(commit) = life.frontier.commit(self.now) {
            life.post(self.now.mono + COMMIT, Event::Committed(Box::new(commit)));
        }
    }

    /// A request goes out: may it?
    fn start(&mut self, assignment: &Assignment) {
        let (host, _) = Web::page(&assignment.request);
        let guest = &mut self.guests[host];
        assert!(guest.allowed <= self.now.mono, "host {host} is asked {:?} early", guest.allowed.since(self.now.mono));
        assert_eq!(guest.in_flight, 0, "host {host} is asked twice at a time");
        guest.in_flight += 1;
        guest.served += 1;
        guest.allowed = self.now.mono + self.config.politeness.delay;
    }

    fn come_home(&mut self, life: &mut Life, assignment: &Assignment, started: Now) {
        let (host, page) = Web::page(&assignment.request);
        self.guests[host].in_flight -= 1;
        let mut fetch_info = FetchInfo { started: Some(started.mono), ended: self.now.mono, ..FetchInfo::default() };
        let mut findings = PageFindings::default();
        let outcome = match (Web::kind(host), page) {
            (_, Some(page)) if self.loses(assignment, page) => Outcome::Lost,
            (Kind::Failing, _) => failed(assignment, FetchError::Reset("never answers".into())),
            (kind, None) => {
                let rules: &[u8] = if kind == Kind::Private { b"User-agent: *\nDisallow: /\n" } else { b"" };
                Outcome::Robots(RobotsAnswer::Rules(Robots::parse(rules, "lycosa").into()))
            }
            (Kind::Busy, Some(page)) if page % 5 == 0 && assignment.attempt == 0 => {
                fetch_info.retry_after = Some(RETRY_AFTER);
                self.guests[host].allowed = self.now.mono + RETRY_AFTER;
                self.guests[host].asked_for_rest = Some(self.now.mono);
                failed(assignment, FetchError::Status(429))
            }
            (Kind::Private, Some(page)) => panic!("page {page} of host {host} is forbidden"),
            (Kind::Plain | Kind::Slow | Kind::Busy, Some(page)) => {
                self.pages.push((host, page));
                self.guests[host].last = self.now.mono;
                findings.outlinks = self.web.links((host, page));
                Outcome::Done
            }
        };
        let settlement = Settlement { lease_id: assignment.lease_id, outcome, fetch_info, findings };
        life.frontier.settle(settlement, self.now);
    }

    /// Whether a lease of a plain host is lost on its way: the first of each fiftieth page.
    fn loses(&self, assignment: &Assignment, page: usize) -> bool {
        assignment.lease_id.kind == LeaseKind::Page && assignment.attempt == 0 && page % 50 == 17
    }

    /// Requests each host got.
    pub(crate) fn served(&self) -> impl Iterator<Item = usize> {
        self.guests.iter().map(|guest| guest.served)
    }

    /// When the last page of a host came.
    pub(crate) fn last(&self, host: usize) -> Mono {
        self.guests[host].last
    }
}

impl Life {
    fn post(&mut self, when: Mono, event: Event) {
        self.serial += 1;
        self.events.push(Reverse((when, self.serial)));
        self.what.insert(self.serial, event);
    }

    fn due(&mut self, now: Mono) -> Option<Event> {
        self.events.peek().filter(|Reverse((when, _))| *when <= now)?;
        self.events.pop().and_then(|Reverse((_, serial))| self.what.remove(&serial))
    }

    fn has_room(&self, slots: usize) -> bool {
        self.frontier.leases_out() < slots && !self.frontier.is_paused()
    }

    /// The bounds that hold at any moment; the costly ones now and then.
    fn look(&mut self, slots: usize) {
        self.steps += 1;
        assert!(self.frontier.leases_out() <= slots);
        if !self.steps.is_multiple_of(5_000) {
            return;
        }
        self.frontier.audit().check().unwrap();
        let most = self.frontier.hosts.iter().map(|(_, host)| host.queue.heads()).max();
        assert!(most <= Some(HEADS), "{most:?} heads of a queue are in memory");
        assert!(self.frontier.commits.len() <= 3, "{} batches are open", self.frontier.commits.len());
        let active = self.frontier.hosts.iter().filter(|(_, host)| host.evicting.is_none()).count();
        let limit = self.frontier.hosts.limit();
        assert!(active <= limit + limit / 16 + 1, "{active} hosts are active");
        let entries = self.frontier.schedule.waiting();
        assert!(entries <= 4 * self.frontier.hosts.len() + 64, "{entries} entries wait");
    }
}

/// What a failure becomes on its last attempt.
fn failed(assignment: &Assignment, error: FetchError) -> Outcome {
    match assignment.lease_id.kind {
        LeaseKind::Robots => Outcome::Robots(RobotsAnswer::Unreachable(error.to_string().into())),
        LeaseKind::Page | LeaseKind::Address if assignment.last => Outcome::Rejected(Rejection::GaveUp(error)),
        LeaseKind::Page | LeaseKind::Address => Outcome::Retry(error),
    }
}
