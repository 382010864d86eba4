//! Drives a frontier through a synthetic web on virtual time, and checks everything it does.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    time::Duration,
};

use super::{
    super::harness::{at, rules, scope},
    web::{Behaviour, Page, Web},
};
use crate::{
    base::time::{Mono, Now, Wall},
    failure::{FetchError, Rejection},
    frontier::{
        Frontier,
        assignment::{Assignment, FetchInfo, LeaseKind, PageFindings, Settlement},
        config::Config,
        hosts::HEADS,
    },
    outcome::Outcome,
    robots::RobotsAnswer,
    store::{Commit, MemoryStore, QueryResult, Store as _, StoreReader},
};

/// Time that a query, a flush of an exporter, and a commit take.
const QUERY: Duration = Duration::from_millis(3);
const FLUSH: Duration = Duration::from_millis(30);
const COMMIT: Duration = Duration::from_millis(20);

/// Time between two flushes.
const INTERVAL: Duration = Duration::from_millis(200);

/// A settlement older than this is committed: it waited for a flush, whose batch waited for the one before it.
const SAFE: Duration = Duration::from_millis(2 * 200 + 2 * (30 + 20 + 3));

/// `Retry-After` of a busy host.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What may happen.
#[derive(Debug)]
enum Event {
    Settle(Box<Assignment>, Now),
    Result(QueryResult),
    Flushed(u64, usize),
    Committed(Box<Commit>),
    Flush,
}

/// What a host has seen of the crawl.
#[derive(Clone, Copy, Debug, Default)]
struct HostView {
    in_flight: usize,
    /// The host must not be asked before this time.
    allowed: Mono,
    /// When it last sent a `Retry-After`.
    retry_after_sent: Option<Mono>,
    /// Number of requests.
    served: usize,
    /// When its last page was fetched.
    last: Mono,
}

/// A web, a store that outlives its frontiers, and the outputs.
pub(super) struct World {
    pub(super) web: Web,
    config: Config,
    slots: usize,
    store: MemoryStore,
    hosts: Vec<HostView>,
    /// The output: every page fetched, in order.
    pub(super) pages: Vec<Page>,
    pub(super) now: Now,
}

/// Everything that dies with the process.
struct Process {
    frontier: Frontier,
    reader: Box<dyn StoreReader>,
    /// Times and serial numbers of the events to come.
    times: BinaryHeap<Reverse<(Mono, usize)>>,
    events: HashMap<usize, Event>,
    serial: usize,
    steps: u64,
}

impl World {
    pub(super) fn new(web: Web, config: Config, slots: usize) -> Self {
        let hosts = vec![HostView::default(); web.hosts];
        Self { web, config, slots, store: MemoryStore::new(), hosts, pages: Vec::new(), now: at(0) }
    }

    /// Runs a process over the last commit until it finishes, or until it is killed after `time`.
    pub(super) fn run_process(&mut self, time: Duration) -> Option<Frontier> {
        let (recovered, grants) = (self.store.recover().unwrap(), self.store.claim_partitions(Wall(0), &[]).unwrap());
        let position =
            recovered.positions.first().map_or(0, |(_, bytes)| u64::from_be_bytes(bytes[..].try_into().unwrap()));
        self.pages.truncate(usize::try_from(position).unwrap());
        for host in &mut self.hosts {
            host.in_flight = 0;
            // A `Retry-After` that was not committed is forgotten. One full delay from now replaces it.
            if host.retry_after_sent.is_some_and(|sent| self.now.mono.since(sent) < SAFE) {
                host.allowed = self.now.mono + self.config.politeness.delay;
            }
        }
        let end = self.now.mono + time;
        let frontier = Frontier::new(self.config.clone(), scope(), &recovered, &[], &grants).unwrap();
        let mut process = Process {
            frontier,
            reader: self.store.reader(),
            times: BinaryHeap::new(),
            events: HashMap::new(),
            serial: 0,
            steps: 0,
        };
        process.frontier.submit(vec![Web::request((0, 0))], self.now);
        process.post(self.now.mono + INTERVAL, Event::Flush);
        while self.now.mono < end {
            while let Some(event) = process.due(self.now.mono) {
                self.handle(&mut process, event);
            }
            self.pump(&mut process);
            process.check_bounds(self.slots);
            if process.frontier.is_exhausted() && process.frontier.is_committed() {
                process.frontier.audit().check().unwrap();
                return Some(process.frontier);
            }
            let event = process.times.peek().map(|Reverse((when, _))| *when);
            let next =
                event.into_iter().chain(process.frontier.next_due().filter(|_| process.has_room(self.slots))).min();
            let next = next.expect("an unfinished crawl waits for something").max(self.now.mono);
            self.now = at(next.0.div_ceil(1_000_000).max(self.now.mono.0 / 1_000_000));
        }
        None
    }

    fn handle(&mut self, process: &mut Process, event: Event) {
        match event {
            Event::Settle(assignment, started) => self.settle(process, &assignment, started),
            Event::Result(result) => process.frontier.apply_result(result, self.now).unwrap(),
            Event::Flushed(number, length) => {
                process.frontier.flushed(number, vec![(0, (length as u64).to_be_bytes().to_vec().into())]);
            }
            Event::Committed(commit) => {
                self.store.commit(&commit).unwrap();
                process.frontier.committed(commit.number, self.now);
            }
            Event::Flush => {
                if let Some(number) = process.frontier.flush() {
                    process.frontier.cut(number);
                    process.post(self.now.mono + FLUSH, Event::Flushed(number, self.pages.len()));
                }
                process.post(self.now.mono + INTERVAL, Event::Flush);
            }
        }
    }

    /// Does everything that has become possible, as the Scheduler does.
    fn pump(&mut self, process: &mut Process) {
        while process.has_room(self.slots) {
            let Some(assignment) = process.frontier.next_lease(self.now) else { break };
            self.start(&assignment);
            let (host, page) = Web::page(&assignment.request);
            let settled = self.now.mono + Web::latency(host, page.unwrap_or_default());
            process.post(settled, Event::Settle(Box::new(assignment), self.now));
        }
        if let Some(query) = process.frontier.query(self.now) {
            // Read now, applied later: a result is as old as its snapshot.
            let result = process.reader.query(&query).unwrap();
            process.post(self.now.mono + QUERY, Event::Result(result));
        }
        if let Some(commit) = process.frontier.commit(self.now) {
            process.post(self.now.mono + COMMIT, Event::Committed(Box::new(commit)));
        }
    }

    /// Checks that a request may start.
    fn start(&mut self, assignment: &Assignment) {
        let (host, _) = Web::page(&assignment.request);
        let host_view = &mut self.hosts[host];
        let early = host_view.allowed.since(self.now.mono);
        assert!(early.is_zero(), "host {host} is asked {early:?} early");
        assert_eq!(host_view.in_flight, 0, "host {host} is asked twice at a time");
        host_view.in_flight += 1;
        host_view.served += 1;
        host_view.allowed = self.now.mono + self.config.politeness.delay;
    }

    fn settle(&mut self, process: &mut Process, assignment: &Assignment, started: Now) {
        let (host, page) = Web::page(&assignment.request);
        self.hosts[host].in_flight -= 1;
        let mut fetch_info = FetchInfo { started: Some(started.mono), ended: self.now.mono, ..FetchInfo::default() };
        let mut findings = PageFindings::default();
        let outcome = match (Web::behaviour(host), page) {
            (_, Some(page)) if self.loses(assignment, page) => Outcome::Lost,
            (Behaviour::Failing, _) => failed(assignment, FetchError::Reset("never answers".into())),
            (Behaviour::Private, None) => rules("User-agent: *\nDisallow: /\n"),
            (_, None) => rules(""),
            (Behaviour::Busy, Some(page)) if page % 5 == 0 && assignment.attempt == 0 => {
                fetch_info.retry_after = Some(RETRY_AFTER);
                self.hosts[host].allowed = self.now.mono + RETRY_AFTER;
                self.hosts[host].retry_after_sent = Some(self.now.mono);
                failed(assignment, FetchError::Status(429))
            }
            (Behaviour::Private, Some(page)) => panic!("page {page} of host {host} is forbidden"),
            (Behaviour::Plain | Behaviour::Slow | Behaviour::Busy, Some(page)) => {
                self.pages.push((host, page));
                self.hosts[host].last = self.now.mono;
                findings.outlinks = self.web.links((host, page));
                Outcome::Done
            }
        };
        let settlement = Settlement { lease_id: assignment.lease_id, outcome, fetch_info, findings };
        process.frontier.settle(settlement, self.now);
    }

    /// Returns true if a lease is lost: the first one of each fiftieth page.
    fn loses(&self, assignment: &Assignment, page: usize) -> bool {
        assignment.lease_id.kind == LeaseKind::Page && assignment.attempt == 0 && page % 50 == 17
    }

    /// Returns the number of requests to each host.
    pub(super) fn served(&self) -> impl Iterator<Item = usize> {
        self.hosts.iter().map(|host| host.served)
    }

    /// Returns when the last page of a host was fetched.
    pub(super) fn last(&self, host: usize) -> Mono {
        self.hosts[host].last
    }
}

impl Process {
    fn post(&mut self, when: Mono, event: Event) {
        self.serial += 1;
        self.times.push(Reverse((when, self.serial)));
        self.events.insert(self.serial, event);
    }

    fn due(&mut self, now: Mono) -> Option<Event> {
        self.times.peek().filter(|Reverse((when, _))| *when <= now)?;
        self.times.pop().and_then(|Reverse((_, serial))| self.events.remove(&serial))
    }

    fn has_room(&self, slots: usize) -> bool {
        self.frontier.leases_out() < slots && !self.frontier.is_paused()
    }

    /// Checks the bounds of memory; the expensive checks only now and then.
    fn check_bounds(&mut self, slots: usize) {
        self.steps += 1;
        assert!(self.frontier.leases_out() <= slots);
        if !self.steps.is_multiple_of(5_000) {
            return;
        }
        self.frontier.audit().check().unwrap();
        let heads = self.frontier.hosts.iter().map(|(_, host)| host.queue.heads()).max();
        assert!(heads <= Some(HEADS), "{heads:?} heads of a queue are in memory");
        assert!(self.frontier.commits.len() <= 3, "{} batches are remembered", self.frontier.commits.len());
        let active = self.frontier.hosts.iter().filter(|(_, host)| host.evicting.is_none()).count();
        let limit = self.frontier.hosts.limit();
        assert!(active <= limit + limit / 16 + 1, "{active} hosts are active");
        let entries = self.frontier.schedule.waiting();
        assert!(entries <= 4 * self.frontier.hosts.len() + 64, "{entries} waiting entries");
    }
}

/// The outcome of a failed attempt.
fn failed(assignment: &Assignment, error: FetchError) -> Outcome {
    match assignment.lease_id.kind {
        LeaseKind::Robots => Outcome::Robots(RobotsAnswer::Unreachable(error.to_string().into())),
        LeaseKind::Page | LeaseKind::Address if assignment.last => Outcome::Rejected(Rejection::GaveUp(error)),
        LeaseKind::Page | LeaseKind::Address => Outcome::Retry(error),
    }
}
