//! A model of the whole protocol between frontier, store and exporters.
//!
//! It runs random interleavings of lease, fetch, export, settle, flush, cut, commit, receipt, query, read and result, with
//! kills. Each invariant that keeps URLs is broken once, to prove that the model notices.

mod process;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use self::process::{Process, Queued};
use super::harness::{at, config, outlink, request, scope, settlement};
use crate::{
    base::time::{Now, Wall},
    failure::FetchError,
    frontier::{
        Frontier,
        config::Config,
        invariant::{BROKEN, Invariant},
        politeness::retry,
    },
    http::request::Request,
    outcome::Outcome,
    store::{MemoryStore, Store as _},
};

/// How a page is passed to the exporters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    /// To all exporters in one step, once each has room.
    AtOnce,
    /// To each exporter when it has room, which the Sink must not do.
    OneByOne,
}

/// Result of a run.
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

/// Maximum number of pages in an exporter's queue.
const ROOM: usize = 2;

/// A random web, and what outlives a kill: the store and two outputs.
struct Model {
    rng: fastrand::Rng,
    delivery: Delivery,
    config: Config,
    /// Number of hosts that have the pages. If there is only one, its queue grows beyond what is in memory.
    hosts: usize,
    /// The store continues a query in one of this many steps. If it is slow, commits overtake it.
    reader_slowness: u8,
    /// Milliseconds per step. With many, an inactive host is due again before the store has it.
    step_millis: u64,
    links: Vec<Vec<usize>>,
    store: MemoryStore,
    /// Pages in the order they were written.
    outputs: [Vec<usize>; 2],
}

impl Model {
    fn new(seed: u64, delivery: Delivery) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut links: Vec<Vec<usize>> =
            (0..PAGES).map(|_| (0..rng.usize(..4)).map(|_| rng.usize(..PAGES)).collect()).collect();
        // Queues grow beyond the heads in memory.
        links[0].extend((0..40).map(|_| rng.usize(..PAGES)));
        (0..PAGES - 1).filter(|_| rng.u8(..10) < 7).for_each(|page| links[page].push(page + 1));
        let mut config = config();
        config.politeness.delay = Duration::ZERO;
        config.politeness.host_concurrency = 3;
        config.retry = retry::Config { times: 1000, base: Duration::ZERO, max: Duration::ZERO };
        // Hardly any link is decided without the store, and hosts leave memory in half of the runs.
        config.hot_set = 2 * 64;
        config.bloom = 64;
        config.store.hosts = [2, 65_536][rng.usize(..2)];
        let (hosts, reader_slowness, step_millis) = (rng.usize(1..6), [1, 20][rng.usize(..2)], [1, 50][rng.usize(..2)]);
        let (store, outputs) = (MemoryStore::new(), [Vec::new(), Vec::new()]);
        Self { rng, delivery, config, hosts, reader_slowness, step_millis, links, store, outputs }
    }

    fn page(&self, number: usize) -> Request {
        let priority = i8::try_from(number % 3).unwrap();
        request(&format!("http://h{}.one.example/{number}", number % self.hosts)).priority(priority)
    }

    fn reachable(&self) -> Vec<usize> {
        let (mut found, mut stack) = (BTreeSet::new(), vec![0]);
        while let Some(page) = stack.pop() {
            if found.insert(page) {
                stack.extend(&self.links[page]);
            }
        }
        found.into_iter().collect()
    }

    /// Runs three processes that are killed, and one that must finish within `steps`.
    fn run(&mut self, steps: usize) -> Verdict {
        for _ in 0..3 {
            let steps = self.rng.usize(10..3_000);
            if self.run_process(steps) == Verdict::Unbalanced {
                return Verdict::Unbalanced;
            }
        }
        match self.run_process(steps) {
            Verdict::Right => self.check_outputs(),
            other => other,
        }
    }

    /// Checks that every output has every page once.
    fn check_outputs(&self) -> Verdict {
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

    /// Runs a process until the crawl is finished or `steps` are over, in random order.
    fn run_process(&mut self, steps: usize) -> Verdict {
        let mut process = self.start();
        for step in 0..steps {
            let now = at(step as u64 * self.step_millis);
            match self.rng.u8(..11) {
                0 => process.issue_lease(now),
                1 => self.fetch(&mut process, now),
                2 => self.deliver(&mut process, now),
                3 => process.settle(now),
                4 => process.flush(),
                5 => process.cut(),
                6 => self.export(&mut process),
                7 => process.start_commit(now),
                8 => self.continue_commit(&mut process, now),
                9 => process.start_query(now),
                _ if self.rng.u8(..self.reader_slowness) == 0 => process.continue_query(now),
                _ => {}
            }
            if process.frontier.audit().check().is_err() {
                return Verdict::Unbalanced;
            }
            if process.is_finished() {
                return Verdict::Right;
            }
        }
        Verdict::Endless
    }

    /// Starts a process over the last commit. The outputs are truncated to its positions.
    fn start(&mut self) -> Process {
        let recovered = self.store.recover().unwrap();
        let positions: BTreeMap<_, _> = recovered.positions.iter().cloned().collect();
        for (id, output) in self.outputs.iter_mut().enumerate() {
            let position = positions.get(&u16::try_from(id).unwrap());
            let length = position.map_or(0, |position| u64::from_be_bytes(position[..].try_into().unwrap()));
            output.truncate(usize::try_from(length).unwrap());
        }
        let grants = self.store.claim_partitions(Wall(0), &[]).unwrap();
        let mut frontier = Frontier::new(self.config.clone(), scope(), &recovered, &[], &grants).unwrap();
        frontier.submit(vec![self.page(0)], at(0));
        Process::new(frontier, self.store.reader())
    }

    fn fetch(&mut self, process: &mut Process, now: Now) {
        if process.leases.is_empty() {
            return;
        }
        let assignment = process.leases.swap_remove(self.rng.usize(..process.leases.len()));
        let failure = match self.rng.u8(..20) {
            0..3 => Outcome::Retry(FetchError::Truncated),
            3..5 => Outcome::Lost,
            5 => Outcome::Revoked,
            6 => Outcome::Stale,
            _ => return process.pages.push((assignment, [0, 1].into())),
        };
        process.settlements.push(settlement(&assignment, failure, now, Vec::new()));
    }

    fn deliver(&mut self, process: &mut Process, now: Now) {
        if process.pages.is_empty() {
            return;
        }
        let index = self.rng.usize(..process.pages.len());
        let (assignment, missing) = &mut process.pages[index];
        let number: usize = assignment.request.url().path()[1..].parse().unwrap();
        let is_page = |queued: &&Queued| matches!(queued, Queued::Page(_));
        let has_room = |queue: &[Queued]| queue.iter().filter(is_page).count() < ROOM;
        let ready: Vec<_> = missing.iter().copied().filter(|id| has_room(&process.queues[*id])).collect();
        if self.delivery == Delivery::AtOnce && ready.len() < missing.len() {
            return;
        }
        for id in ready {
            missing.remove(&id);
            process.queues[id].push(Queued::Page(number));
        }
        if missing.is_empty() {
            let (assignment, _) = process.pages.swap_remove(index);
            let links = self.links[number].iter().map(|link| outlink(self.page(*link))).collect();
            process.settlements.push(settlement(&assignment, Outcome::Done, now, links));
        }
    }

    fn export(&mut self, process: &mut Process) {
        let id = self.rng.usize(..2);
        if process.queues[id].is_empty() {
            return;
        }
        match process.queues[id].remove(0) {
            Queued::Page(page) => self.outputs[id].push(page),
            Queued::Barrier(number) => {
                let length = (self.outputs[id].len() as u64).to_be_bytes().to_vec().into();
                let positions = process.flushed.entry(number).or_default();
                positions.insert(u16::try_from(id).unwrap(), length);
                if positions.len() == 2 {
                    process.frontier.flushed(number, positions.clone().into_iter().collect());
                }
            }
        }
    }

    /// Lets the store apply the commit, or the frontier get the receipt: two steps.
    fn continue_commit(&mut self, process: &mut Process, now: Now) {
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

#[test]
fn nothing_is_lost_or_repeated_under_random_interleavings_and_kills() {
    for seed in 0..120 {
        assert_eq!(Model::new(seed, Delivery::AtOnce).run(1_000_000), Verdict::Right, "seed {seed}");
    }
}

/// The first of `runs` runs that goes wrong, and how.
fn first_wrong(runs: u64, delivery: Delivery, broken: Option<Invariant>) -> Option<(u64, Verdict)> {
    BROKEN.set(broken);
    // A frontier that breaks its own invariants may also fail in its arithmetic.
    let run = |seed| catch_unwind(AssertUnwindSafe(|| Model::new(seed, delivery).run(200_000)));
    let verdicts = (0..runs).map(|seed| (seed, run(seed).unwrap_or(Verdict::Panicked)));
    let wrong = verdicts.into_iter().find(|(_, verdict)| *verdict != Verdict::Right);
    BROKEN.set(None);
    wrong
}

#[test]
fn each_invariant_is_needed() {
    assert_ne!(first_wrong(500, Delivery::OneByOne, None), None, "a page goes to all exporters in one step");
    for invariant in [Invariant::Wait, Invariant::Remember, Invariant::Heads, Invariant::Floors, Invariant::DueTime] {
        let wrong = first_wrong(500, Delivery::AtOnce, Some(invariant));
        println!("{invariant:?}: {wrong:?}");
        assert_ne!(wrong, None, "{invariant:?}");
    }
}
