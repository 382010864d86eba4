//! A model of the whole protocol between frontier, store and exporters: random interleavings of lend, fetch, hand over,
//! settle, flush, cut, commit, receipt, ask, read and answer, with kills. Every rule that keeps URLs is broken once, to
//! prove that the model notices.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use bytes::Bytes;

use super::*;
use super::{at, config, home, outlink, request, scope};
use crate::{
    failure::FetchError,
    frontier::{
        assignment::{Assignment, Settlement},
        invariant::{BROKEN, Invariant},
        scope::ScopeKind,
    },
    http::request::Request,
    outcome::Outcome,
    store::{Commit, MemoryStore, QueryResult, Store as _, StoreReader},
};

/// How a page reaches the exporters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handing {
    /// All of them in one step, once each has room.
    Whole,
    /// Each when it has room: the rule of the Sink, broken.
    Piecemeal,
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Right,
    Endless,
    Unbalanced,
    Lost,
    Repeated,
    Panicked,
}

const PAGES: usize = 100;

/// Pages that wait in an exporter's queue, at most.
const ROOM: usize = 2;

/// Leases out, at most.
const LEASES: usize = 6;

/// A random web, and what outlives a kill: the store and two outputs.
struct Model {
    luck: fastrand::Rng,
    handing: Handing,
    config: Config,
    /// Hosts that the pages are spread over: on one alone queues grow beyond what is held in memory.
    hosts: usize,
    /// One in so many chances to answer is taken: commits overtake a slow reader.
    reader: u8,
    /// Milliseconds per step: with many, who rests is due again before the store has it.
    pace: u64,
    links: Vec<Vec<usize>>,
    store: MemoryStore,
    /// Pages in the order they were written.
    outputs: [Vec<usize>; 2],
}

/// Everything that dies with the process.
struct Process {
    frontier: Frontier,
    view: Box<dyn StoreReader>,
    loans: Vec<Assignment>,
    /// Pages that wait for exporters, and for which.
    pages: Vec<(Assignment, BTreeSet<usize>)>,
    mail: Vec<Settlement>,
    /// Per exporter: pages to write, and marks.
    queues: [Vec<Result<usize, u64>>; 2],
    /// Cuts on their way home: how many settlements come before, and the number.
    cuts: Vec<(usize, u64)>,
    flushed: BTreeMap<u64, BTreeMap<u16, Bytes>>,
    asked: Option<Query>,
    answer: Option<QueryResult>,
    commit: Option<Commit>,
    receipt: Option<u64>,
}

impl Model {
    fn new(seed: u64, handing: Handing) -> Self {
        let mut luck = fastrand::Rng::with_seed(seed);
        let mut links: Vec<Vec<usize>> =
            (0..PAGES).map(|_| (0..luck.usize(..4)).map(|_| luck.usize(..PAGES)).collect()).collect();
        // Queues grow beyond the heads that are in memory.
        links[0].extend((0..40).map(|_| luck.usize(..PAGES)));
        (0..PAGES - 1).filter(|_| luck.u8(..10) < 7).for_each(|page| links[page].push(page + 1));
        let mut config = config();
        config.politeness.delay = Duration::ZERO;
        config.politeness.host_concurrency = 3;
        config.retry = politeness::retry::Config { times: 1000, base: Duration::ZERO, max: Duration::ZERO };
        // Hardly anything is decided without the store, and in half of the runs hosts leave memory.
        config.hot_set = 2 * 64;
        config.bloom = 64;
        config.store.hosts = [2, 65_536][luck.usize(..2)];
        let (hosts, reader, pace) = (luck.usize(1..6), [1, 20][luck.usize(..2)], [1, 50][luck.usize(..2)]);
        Self {
            luck,
            handing,
            config,
            hosts,
            reader,
            pace,
            links,
            store: MemoryStore::new(),
            outputs: Default::default(),
        }
    }

    fn page(&self, number: usize) -> Request {
        let priority = i8::try_from(number % 3).unwrap();
        request(&format!("http://h{}.one.example/{number}", number % self.hosts)).priority(priority)
    }

    fn reachable(&self) -> Vec<usize> {
        let (mut findings, mut stack) = (BTreeSet::new(), vec![0]);
        while let Some(page) = stack.pop() {
            if findings.insert(page) {
                stack.extend(&self.links[page]);
            }
        }
        findings.into_iter().collect()
    }

    /// Three lives that end with a kill, and one that must come to an end within `steps`.
    fn run(&mut self, steps: usize) -> Verdict {
        for _ in 0..3 {
            let life = self.luck.usize(10..3_000);
            if self.live(life) == Verdict::Unbalanced {
                return Verdict::Unbalanced;
            }
        }
        match self.live(steps) {
            Verdict::Right => self.judge(),
            other => other,
        }
    }

    /// Whether every output has every page once.
    fn judge(&self) -> Verdict {
        let reachable = self.reachable();
        let sets = self.outputs.each_ref().map(|output| output.iter().copied().collect::<BTreeSet<_>>());
        if sets.iter().any(|set| !set.iter().eq(&reachable)) {
            return Verdict::Lost;
        }
        if self.outputs.iter().any(|output| output.len() != reachable.len()) {
            Verdict::Repeated
        } else {
            Verdict::Right
        }
    }

    /// Runs until the crawl is finished or `steps` are over, with everything out of order that may be.
    fn live(&mut self, steps: usize) -> Verdict {
        let mut process = self.start();
        for step in 0..steps {
            let now = at(step as u64 * self.pace);
            match self.luck.u8(..11) {
                0 => process.lend(now),
                1 => self.fetch(&mut process, now),
                2 => self.hand_over(&mut process, now),
                3 => process.come_home(now),
                4 => process.flush(),
                5 => process.cut(),
                6 => self.export(&mut process),
                7 => process.begin_commit(now),
                8 => self.commit(&mut process, now),
                9 => process.query(now),
                _ if self.luck.u8(..self.reader) == 0 => process.answer(now),
                _ => {}
            }
            if process.frontier.audit().check().is_err() {
                return Verdict::Unbalanced;
            }
            if process.is_over() {
                return Verdict::Right;
            }
        }
        Verdict::Endless
    }

    /// Starts on what the store has: the outputs are cut back to where it says.
    fn start(&mut self) -> Process {
        let recovered = self.store.recover().unwrap();
        let mut lengths = [0; 2];
        for (id, position) in &recovered.positions {
            lengths[usize::from(*id)] = u64::from_be_bytes(position[..].try_into().unwrap());
        }
        for (output, length) in self.outputs.iter_mut().zip(lengths) {
            output.truncate(usize::try_from(length).unwrap());
        }
        let grants = self.store.claim_partitions(Wall(0), &[]).unwrap();
        let mut frontier = Frontier::new(self.config.clone(), scope(ScopeKind::Any), &recovered, &grants);
        frontier.submit(vec![self.page(0)], at(0));
        Process {
            frontier,
            view: self.store.reader(),
            loans: Vec::new(),
            pages: Vec::new(),
            mail: Vec::new(),
            queues: Default::default(),
            cuts: Vec::new(),
            flushed: BTreeMap::new(),
            asked: None,
            answer: None,
            commit: None,
            receipt: None,
        }
    }

    fn fetch(&mut self, process: &mut Process, now: Now) {
        if process.loans.is_empty() {
            return;
        }
        let assignment = process.loans.swap_remove(self.luck.usize(..process.loans.len()));
        match self.luck.u8(..20) {
            0..3 => process.mail.push(home(&assignment, Outcome::Retry(FetchError::Truncated), now, Vec::new())),
            3..5 => process.mail.push(home(&assignment, Outcome::Lost, now, Vec::new())),
            _ => process.pages.push((assignment, [0, 1].into())),
        }
    }

    fn hand_over(&mut self, process: &mut Process, now: Now) {
        if process.pages.is_empty() {
            return;
        }
        let index = self.luck.usize(..process.pages.len());
        let (assignment, wanted) = &mut process.pages[index];
        let number: usize = assignment.request.url().path()[1..].parse().unwrap();
        let room = |queue: &Vec<Result<usize, u64>>| queue.iter().filter(|entry| entry.is_ok()).count() < ROOM;
        let ready: Vec<_> = wanted.iter().copied().filter(|id| room(&process.queues[*id])).collect();
        if self.handing == Handing::Whole && ready.len() < wanted.len() {
            return;
        }
        for id in ready {
            wanted.remove(&id);
            process.queues[id].push(Ok(number));
        }
        if wanted.is_empty() {
            let (assignment, _) = process.pages.swap_remove(index);
            let links = self.links[number].iter().map(|link| outlink(self.page(*link))).collect();
            process.mail.push(home(&assignment, Outcome::Done, now, links));
        }
    }

    fn export(&mut self, process: &mut Process) {
        let id = self.luck.usize(..2);
        if process.queues[id].is_empty() {
            return;
        }
        match process.queues[id].remove(0) {
            Ok(page) => self.outputs[id].push(page),
            Err(number) => {
                let length = (self.outputs[id].len() as u64).to_be_bytes().to_vec().into();
                let all = process.flushed.entry(number).or_default();
                all.insert(u16::try_from(id).unwrap(), length);
                if all.len() == 2 {
                    process.frontier.flushed(number, all.clone().into_iter().collect());
                }
            }
        }
    }

    fn commit(&mut self, process: &mut Process, now: Now) {
        match (process.commit.take(), process.receipt.take()) {
            (Some(commit), _) => {
                self.store.commit(&commit).unwrap();
                process.receipt = Some(commit.number);
            }
            (None, Some(number)) => process.frontier.committed(number, now),
            (None, None) => {}
        }
    }
}

impl Process {
    fn lend(&mut self, now: Now) {
        if self.frontier.leases_out() < LEASES && !self.frontier.is_paused() {
            self.loans.extend(self.frontier.next_lease(now));
        }
    }

    fn come_home(&mut self, now: Now) {
        if self.mail.is_empty() || self.cuts.first().is_some_and(|(before, _)| *before == 0) {
            return;
        }
        self.cuts.iter_mut().for_each(|(before, _)| *before -= 1);
        self.frontier.settle(self.mail.remove(0), now);
    }

    fn flush(&mut self) {
        if let Some(number) = self.frontier.flush() {
            self.queues.iter_mut().for_each(|queue| queue.push(Err(number)));
            self.cuts.push((self.mail.len(), number));
        }
    }

    fn cut(&mut self) {
        if self.cuts.first().is_some_and(|(before, _)| *before == 0) {
            self.frontier.cut(self.cuts.remove(0).1);
        }
    }

    fn begin_commit(&mut self, now: Now) {
        if self.commit.is_none() && self.receipt.is_none() {
            self.commit = self.frontier.commit(now);
        }
    }

    fn query(&mut self, now: Now) {
        if self.asked.is_none() && self.answer.is_none() {
            self.asked = self.frontier.query(now);
        }
    }

    /// The store reads in one step and is heard in another.
    fn answer(&mut self, now: Now) {
        match (self.asked.take(), self.answer.take()) {
            (Some(ask), _) => self.answer = Some(self.view.query(&ask).unwrap()),
            (None, Some(answer)) => self.frontier.apply_result(answer, now).unwrap(),
            (None, None) => {}
        }
    }

    fn is_over(&self) -> bool {
        let at_rest = self.loans.is_empty() && self.pages.is_empty() && self.mail.is_empty();
        at_rest && self.frontier.is_exhausted() && self.frontier.is_committed()
    }
}

#[test]
fn nothing_is_lost_or_repeated_under_random_interleavings_and_kills() {
    for seed in 0..120 {
        assert_eq!(Model::new(seed, Handing::Whole).run(1_000_000), Verdict::Right, "seed {seed}");
    }
}

/// The first of so many runs that goes wrong, and how.
fn first_wrong(runs: u64, handing: Handing, broken: Option<Invariant>) -> Option<(u64, Verdict)> {
    BROKEN.set(broken);
    // A frontier that breaks its own rules may also fail in its arithmetic.
    let run = |seed| catch_unwind(AssertUnwindSafe(|| Model::new(seed, handing).run(200_000)));
    let verdicts = (0..runs).map(|seed| (seed, run(seed).unwrap_or(Verdict::Panicked)));
    let wrong = verdicts.into_iter().find(|(_, verdict)| *verdict != Verdict::Right);
    BROKEN.set(None);
    wrong
}

#[test]
fn each_rule_is_needed() {
    assert_ne!(first_wrong(500, Handing::Piecemeal, None), None, "a page goes to all exporters in one step");
    for rule in [Invariant::Wait, Invariant::Remember, Invariant::Heads, Invariant::Floors, Invariant::DueTime] {
        let wrong = first_wrong(500, Handing::Whole, Some(rule));
        println!("{rule:?}: {wrong:?}");
        assert_ne!(wrong, None, "{rule:?}");
    }
}
