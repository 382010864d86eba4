//! The Sink with exporters that wait at a gate which the test opens.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use actix::{Addr, WeakAddr};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;
use crate::{
    frontier::{
        assignment::LeaseId,
        scope::{Config as ScopeConfig, Scope},
    },
    http::request::{Request, fingerprint::Fingerprint},
    keys::UrlKey,
    messages::{
        Cut, Flushed, Parsed,
        lease::{Assignment, Lease, LeaseKind, Settle, SettlementSender},
    },
    outcome::Outcome,
    record::RecordId,
    runtime::{
        budget::{Budget, Reservation},
        liveness::ThreadExit,
    },
    store::Durability,
};

const LONG: Duration = Duration::from_secs(60);

pub(super) fn record(number: u64) -> Record {
    text_record(format!("{{\"n\":{number}}}"))
}

fn text_record(json: String) -> Record {
    let id = RecordId { page: Fingerprint(1), index: 0, revisit: 0 };
    Record::new(id, "http://a.example/".into(), None, json.into_bytes().into())
}

/// What the scheduler hears.
#[derive(Debug, PartialEq)]
enum Heard {
    Settled(Vec<u64>),
    Cut(u64),
    Flushed(u64, Vec<u64>),
}

struct Ear(UnboundedSender<Heard>);

impl Actor for Ear {
    type Context = Context<Self>;
}

impl Handler<Settle> for Ear {
    type Result = ();

    fn handle(&mut self, Settle(settlements): Settle, _: &mut Self::Context) {
        assert!(settlements.iter().all(|one| matches!(one.outcome, Outcome::Done) && one.findings.records == 1));
        self.0.send(Heard::Settled(settlements.iter().map(|one| one.lease_id.serial).collect())).unwrap();
    }
}

impl Handler<Cut> for Ear {
    type Result = ();

    fn handle(&mut self, cut: Cut, _: &mut Self::Context) {
        self.0.send(Heard::Cut(cut.number)).unwrap();
    }
}

impl Handler<Flushed> for Ear {
    type Result = ();

    fn handle(&mut self, flushed: Flushed, _: &mut Self::Context) {
        let counts = flushed.positions.iter().map(|(_, count)| u64::from_be_bytes(count[..].try_into().unwrap()));
        self.0.send(Heard::Flushed(flushed.number, counts.collect())).unwrap();
    }
}

/// How a gated write goes.
enum Step {
    Succeed,
    Fail,
    Panic,
}

/// Writes into memory, one page for each step it is given.
struct Gated {
    gate: mpsc::Receiver<Step>,
    /// Told of each attempt before it waits.
    attempts: Arc<Mutex<Vec<usize>>>,
    memory: MemoryExporter,
}

impl Exporter for Gated {
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError> {
        self.attempts.lock().unwrap().push(records.len());
        match self.gate.recv_timeout(LONG)? {
            Step::Succeed => self.memory.write(records),
            Step::Fail => Err("no".into()),
            Step::Panic => panic!("as the test wants"),
        }
    }

    fn flush(&mut self, durability: Durability) -> Result<Position, ExportError> {
        self.memory.flush(durability)
    }

    fn recover(&mut self, position: Option<&Position>) -> Result<(), ExportError> {
        self.memory.recover(position)
    }
}

struct Gate {
    steps: mpsc::Sender<Step>,
    attempts: Arc<Mutex<Vec<usize>>>,
    memory: MemoryExporter,
}

fn gated(id: u16, label: Option<&str>) -> (ExporterSlot, Gate) {
    let (steps, gate) = mpsc::channel();
    let attempts = Arc::default();
    let memory = MemoryExporter::default();
    let exporter = Gated { gate, attempts: Arc::clone(&attempts), memory: memory.clone() };
    let outlet =
        ExporterSlot { id, name: "gated".to_owned(), label: label.map(Into::into), exporter: Box::new(exporter) };
    (outlet, Gate { steps, attempts, memory })
}

fn open(id: u16, label: Option<&str>) -> (ExporterSlot, MemoryExporter) {
    let memory = MemoryExporter::default();
    let exporter = Box::new(memory.clone());
    (ExporterSlot { id, name: "open".to_owned(), label: label.map(Into::into), exporter }, memory)
}

struct Bench {
    sink: Addr<Sink>,
    ear: Addr<Ear>,
    heard: UnboundedReceiver<Heard>,
    _threads: Vec<ExporterThread>,
}

impl Bench {
    fn new(outlets: Vec<ExporterSlot>) -> Self {
        let (deaths, _) = unbounded_channel();
        let (inlets, threads) = start(outlets, Durability::Os, &deaths).unwrap();
        let sink = Sink::new(inlets, &Gauges::default(), LivenessGuard::new("sink", deaths)).start();
        let (tell, heard) = unbounded_channel();
        Self { sink, ear: Ear(tell).start(), heard, _threads: threads }
    }

    fn page(&self, serial: u64, label: &str, size: usize) -> Parsed {
        let request = Request::get("http://a.example/".parse().unwrap()).label(label);
        let lease_id = LeaseId { url: UrlKey::of(&request), serial, kind: LeaseKind::Page };
        let scope = Arc::new(Scope::new(ScopeConfig::default()).unwrap());
        let assignment = Assignment { lease_id, request, attempt: 0, last: false, revisit: 0, scope };
        let settlement_sender = SettlementSender::new(self.ear.clone().recipient());
        let lease = Lease::new(assignment, settlement_sender, Reservation::empty(Budget::new(0)));
        let records = vec![text_record(format!("{{\"n\":{serial},\"pad\":\"{}\"}}", "x".repeat(size)))];
        Parsed { lease, records, outcome: Outcome::Done }
    }

    fn flush(&self, number: u64) {
        let ear = &self.ear;
        let (cut, flushed) = (ear.clone().recipient(), ear.clone().recipient());
        self.sink.do_send(Flush { number, cut, flushed });
    }

    async fn hears(&mut self, expected: Heard) {
        assert_eq!(self.heard.recv().await.unwrap(), expected);
    }
}

fn numbers(memory: &MemoryExporter) -> Vec<u64> {
    memory.records().iter().map(|record| record.value()["n"].as_u64().unwrap()).collect()
}

#[actix_rt::test]
async fn a_page_waits_whole_and_others_pass_it() {
    let (slow, gate) = gated(0, Some("slow"));
    let (all, memory) = open(1, None);
    let mut bench = Bench::new(vec![slow, all]);
    let size = queue::ROOM;
    let pages = vec![
        bench.page(1, "slow", size),
        bench.page(2, "slow", size),
        bench.page(3, "slow", 1),
        bench.page(4, "quick", 1),
    ];
    bench.sink.do_send(Export(pages));
    // The first fills the slow queue, the second waits, the third must not overtake it where both are wanted. The fourth
    // needs room behind the first in the other queue, whose thread needs no leave.
    let mut settled = Vec::new();
    while settled.len() < 2 {
        let Heard::Settled(serials) = bench.heard.recv().await.unwrap() else { panic!("no settlement") };
        settled.extend(serials);
    }
    assert_eq!(settled, [1, 4]);
    bench.flush(1);
    bench.hears(Heard::Cut(1)).await;
    gate.steps.send(Step::Succeed).unwrap();
    let (mut settled, mut flushed) = (Vec::new(), None);
    while settled.is_empty() || flushed.is_none() {
        match bench.heard.recv().await.unwrap() {
            Heard::Settled(serials) => settled.extend(serials),
            Heard::Flushed(number, counts) => flushed = Some((number, counts)),
            Heard::Cut(_) => panic!("one cut for one flush"),
        }
    }
    assert_eq!((settled, flushed), (vec![2], Some((1, vec![1, 2]))));
    gate.steps.send(Step::Succeed).unwrap();
    gate.steps.send(Step::Succeed).unwrap();
    bench.hears(Heard::Settled(vec![3])).await;
    bench.flush(2);
    bench.hears(Heard::Cut(2)).await;
    bench.hears(Heard::Flushed(2, vec![3, 4])).await;
    assert_eq!((numbers(&gate.memory), numbers(&memory)), (vec![1, 2, 3], vec![1, 4, 2, 3]));
}

#[actix_rt::test]
async fn marks_are_answered_in_order_after_a_retry() {
    let (outlet, gate) = gated(0, None);
    let mut bench = Bench::new(vec![outlet]);
    for number in [1, 2] {
        bench.sink.do_send(Export(vec![bench.page(number, "any", 1)]));
        bench.flush(number);
        bench.hears(Heard::Settled(vec![number])).await;
        bench.hears(Heard::Cut(number)).await;
    }
    for step in [Step::Fail, Step::Succeed, Step::Succeed] {
        gate.steps.send(step).unwrap();
    }
    bench.hears(Heard::Flushed(1, vec![1])).await;
    bench.hears(Heard::Flushed(2, vec![2])).await;
    assert_eq!(*gate.attempts.lock().unwrap(), [1, 1, 1]);
}

#[actix_rt::test]
async fn without_exporters_everything_is_done_at_once() {
    let mut bench = Bench::new(Vec::new());
    bench.sink.do_send(Export((0..70).map(|serial| bench.page(serial, "any", 1)).collect()));
    bench.flush(1);
    bench.hears(Heard::Settled((0..32).collect())).await;
    bench.hears(Heard::Settled((32..64).collect())).await;
    bench.hears(Heard::Settled((64..70).collect())).await;
    bench.hears(Heard::Cut(1)).await;
    bench.hears(Heard::Flushed(1, Vec::new())).await;
}

#[test]
fn a_panic_is_a_death_that_gives_the_exporter_back() {
    let (outlet, gate) = gated(3, None);
    let (deaths, mut told) = unbounded_channel();
    let (inlets, mut threads) = start(vec![outlet], Durability::Os, &deaths).unwrap();
    inlets[0].queue.put_page(Arc::new([record(1)]), 1);
    gate.steps.send(Step::Panic).unwrap();
    assert_eq!(told.blocking_recv(), Some(ThreadExit("exporter `gated` panicked".to_owned())));
    drop(inlets);
    let mut outlet = threads.remove(0).join(LONG).unwrap();
    assert_eq!(outlet.id, 3);
    outlet.recover(&[]).unwrap();
}

#[test]
fn letting_go_leaves_the_rest_unwritten() {
    let (outlet, gate) = gated(0, None);
    let (deaths, _told) = unbounded_channel();
    let (inlets, mut threads) = start(vec![outlet], Durability::Os, &deaths).unwrap();
    inlets[0].queue.put_page(Arc::new([record(1)]), 1);
    inlets[0].queue.put_page(Arc::new([record(2)]), 1);
    while gate.attempts.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    drop(inlets);
    gate.steps.send(Step::Succeed).unwrap();
    threads.remove(0).join(LONG).unwrap();
    assert_eq!(numbers(&gate.memory), [1]);
}

#[test]
fn a_thread_that_does_not_end_is_named() {
    let (outlet, gate) = gated(0, None);
    let (deaths, _told) = unbounded_channel();
    let (inlets, mut threads) = start(vec![outlet], Durability::Os, &deaths).unwrap();
    inlets[0].queue.put_page(Arc::new([record(1)]), 1);
    while gate.attempts.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    drop(inlets);
    assert!(threads.remove(0).join(Duration::ZERO).unwrap_err().to_string().contains("gated"));
}

#[test]
fn a_queued_mark_keeps_no_sink_alive() {
    let (queue, inbox) = queue::queue();
    let gone: WeakAddr<Sink> = actix::System::new().block_on(async {
        let (deaths, _) = unbounded_channel();
        Sink::new(Vec::new(), &Gauges::default(), LivenessGuard::new("sink", deaths)).start().downgrade()
    });
    queue.put_mark(1, gone.recipient());
    assert!(matches!(inbox.take(), Ok(queue::Job::Barrier { reached, .. }) if reached.upgrade().is_none()));
}
