//! The Sink with exporters that wait until the test lets them write.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use actix::{Actor, Addr, Context, Handler, WeakAddr};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{queue::queue, worker::ExporterQueue, *};
use crate::{
    frontier::{
        assignment::LeaseId,
        scope::{Config as ScopeConfig, Scope},
    },
    http::request::{Request, fingerprint::Fingerprint},
    keys::UrlKey,
    messages::{
        Cut, Export, Flush, Flushed, Parsed,
        lease::{Assignment, Lease, LeaseKind, Settle, SettlementSender, Stalled, VisitPurpose},
    },
    outcome::Outcome,
    record::{Record, RecordId},
    runtime::{
        budget::{Budget, Reservation},
        gauges::Gauges,
        liveness::{LivenessGuard, ThreadExit},
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

/// Message to the Scheduler.
#[derive(Debug, PartialEq)]
enum Received {
    Settled(Vec<u64>),
    Cut(u64),
    Flushed(u64, Vec<u64>),
}

struct Probe(UnboundedSender<Received>);

impl Actor for Probe {
    type Context = Context<Self>;
}

impl Handler<Settle> for Probe {
    type Result = ();

    fn handle(&mut self, Settle(settlements): Settle, _: &mut Self::Context) {
        assert!(settlements.iter().all(|one| matches!(one.outcome, Outcome::Done) && one.findings.records == 1));
        self.0.send(Received::Settled(settlements.iter().map(|one| one.lease_id.serial).collect())).unwrap();
    }
}

impl Handler<Stalled> for Probe {
    type Result = ();

    fn handle(&mut self, stalled: Stalled, _: &mut Self::Context) {
        unreachable!("no lease is fetched: {stalled:?}");
    }
}

impl Handler<Cut> for Probe {
    type Result = ();

    fn handle(&mut self, cut: Cut, _: &mut Self::Context) {
        self.0.send(Received::Cut(cut.number)).unwrap();
    }
}

impl Handler<Flushed> for Probe {
    type Result = ();

    fn handle(&mut self, flushed: Flushed, _: &mut Self::Context) {
        let counts = flushed.positions.iter().map(|(_, count)| u64::from_be_bytes(count[..].try_into().unwrap()));
        self.0.send(Received::Flushed(flushed.number, counts.collect())).unwrap();
    }
}

/// Result of a gated write.
enum Step {
    Succeed,
    Fail,
    Panic,
}

/// Writes to memory, one page per step that the test sends.
struct Gated {
    gate: mpsc::Receiver<Step>,
    /// Number of records of each attempt, added before it waits.
    attempts: Arc<Mutex<Vec<usize>>>,
    memory: MemoryExporter,
}

impl Exporter for Gated {
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError> {
        self.attempts.lock().unwrap().push(records.len());
        match self.gate.recv_timeout(LONG)? {
            Step::Succeed => self.memory.write(records),
            Step::Fail => Err("no".into()),
            Step::Panic => panic!("as the test demands"),
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
    let slot =
        ExporterSlot { id, name: "gated".to_owned(), label: label.map(Into::into), exporter: Box::new(exporter) };
    (slot, Gate { steps, attempts, memory })
}

fn open(id: u16, label: Option<&str>) -> (ExporterSlot, MemoryExporter) {
    let memory = MemoryExporter::default();
    let exporter = Box::new(memory.clone());
    (ExporterSlot { id, name: "open".to_owned(), label: label.map(Into::into), exporter }, memory)
}

struct Bench {
    sink: Addr<Sink>,
    scheduler: Addr<Probe>,
    received: UnboundedReceiver<Received>,
    _threads: Vec<ExporterThread>,
}

impl Bench {
    fn new(slots: Vec<ExporterSlot>) -> Self {
        let (exits, _) = unbounded_channel();
        let (queues, threads) = start(slots, Durability::Os, &exits).unwrap();
        let sink =
            Sink::new(queues, RecordLimit::new(0, 0), &Gauges::default(), LivenessGuard::new("sink", exits)).start();
        let (sender, received) = unbounded_channel();
        Self { sink, scheduler: Probe(sender).start(), received, _threads: threads }
    }

    fn page(&self, serial: u64, label: &str, size: usize) -> Parsed {
        let request = Request::get("http://a.example/".parse().unwrap()).label(label);
        let lease_id = LeaseId { url: UrlKey::from_request(&request), serial, kind: LeaseKind::Page };
        let scope = Arc::new(Scope::new(ScopeConfig::default()).unwrap());
        let assignment = Assignment {
            lease_id,
            request,
            attempt: 0,
            last: false,
            revisit: 0,
            purpose: VisitPurpose::Page,
            patience: None,
            scope,
        };
        let settlement_sender =
            SettlementSender::new(self.scheduler.clone().recipient(), self.scheduler.clone().recipient());
        let lease = Lease::new(assignment, settlement_sender, Reservation::empty(Budget::new(0)));
        let records = vec![text_record(format!("{{\"n\":{serial},\"pad\":\"{}\"}}", "x".repeat(size)))];
        Parsed { lease, records, outcome: Outcome::Done }
    }

    fn flush(&self, number: u64) {
        let scheduler = &self.scheduler;
        let (cut, flushed) = (scheduler.clone().recipient(), scheduler.clone().recipient());
        self.sink.do_send(Flush { number, cut, flushed });
    }

    async fn expect(&mut self, expected: Received) {
        assert_eq!(self.received.recv().await.unwrap(), expected);
    }
}

fn numbers(memory: &MemoryExporter) -> Vec<u64> {
    memory.records().iter().map(|record| record.value()["n"].as_u64().unwrap()).collect()
}

#[actix_rt::test]
async fn page_waits_as_a_whole_and_is_overtaken_only_by_others() {
    let (slow, gate) = gated(0, Some("slow"));
    let (all, memory) = open(1, None);
    let mut bench = Bench::new(vec![slow, all]);
    let size = queue::CAPACITY;
    let pages = vec![
        bench.page(1, "slow", size),
        bench.page(2, "slow", size),
        bench.page(3, "slow", 1),
        bench.page(4, "quick", 1),
    ];
    bench.sink.do_send(Export(pages));
    // Page 1 fills the slow queue and page 2 waits. Page 3 must not overtake it, because the slow exporter wants both. Page
    // 4 needs only the other queue, whose thread does not wait.
    let mut settled = Vec::new();
    while settled.len() < 2 {
        let Received::Settled(serials) = bench.received.recv().await.unwrap() else { panic!("no settlement") };
        settled.extend(serials);
    }
    assert_eq!(settled, [1, 4]);
    bench.flush(1);
    bench.expect(Received::Cut(1)).await;
    gate.steps.send(Step::Succeed).unwrap();
    let (mut settled, mut flushed) = (Vec::new(), None);
    while settled.is_empty() || flushed.is_none() {
        match bench.received.recv().await.unwrap() {
            Received::Settled(serials) => settled.extend(serials),
            Received::Flushed(number, counts) => flushed = Some((number, counts)),
            Received::Cut(_) => panic!("one cut for one flush"),
        }
    }
    assert_eq!((settled, flushed), (vec![2], Some((1, vec![1, 2]))));
    gate.steps.send(Step::Succeed).unwrap();
    gate.steps.send(Step::Succeed).unwrap();
    bench.expect(Received::Settled(vec![3])).await;
    bench.flush(2);
    bench.expect(Received::Cut(2)).await;
    bench.expect(Received::Flushed(2, vec![3, 4])).await;
    assert_eq!((numbers(&gate.memory), numbers(&memory)), (vec![1, 2, 3], vec![1, 4, 2, 3]));
}

#[actix_rt::test]
async fn barriers_are_reported_in_order_after_a_retry() {
    let (slot, gate) = gated(0, None);
    let mut bench = Bench::new(vec![slot]);
    for number in [1, 2] {
        bench.sink.do_send(Export(vec![bench.page(number, "any", 1)]));
        bench.flush(number);
        bench.expect(Received::Settled(vec![number])).await;
        bench.expect(Received::Cut(number)).await;
    }
    for step in [Step::Fail, Step::Succeed, Step::Succeed] {
        gate.steps.send(step).unwrap();
    }
    bench.expect(Received::Flushed(1, vec![1])).await;
    bench.expect(Received::Flushed(2, vec![2])).await;
    assert_eq!(*gate.attempts.lock().unwrap(), [1, 1, 1]);
}

#[actix_rt::test]
async fn without_exporters_pages_are_settled_at_once() {
    let mut bench = Bench::new(Vec::new());
    bench.sink.do_send(Export((0..70).map(|serial| bench.page(serial, "any", 1)).collect()));
    bench.flush(1);
    bench.expect(Received::Settled((0..32).collect())).await;
    bench.expect(Received::Settled((32..64).collect())).await;
    bench.expect(Received::Settled((64..70).collect())).await;
    bench.expect(Received::Cut(1)).await;
    bench.expect(Received::Flushed(1, Vec::new())).await;
}

#[test]
fn panic_is_reported_and_returns_the_exporter() {
    let (slot, gate) = gated(3, None);
    let (exits, mut reported) = unbounded_channel();
    let (queues, mut threads) = start(vec![slot], Durability::Os, &exits).unwrap();
    queues[0].records.put_page(Arc::new([record(1)]), 1);
    gate.steps.send(Step::Panic).unwrap();
    assert_eq!(reported.blocking_recv(), Some(ThreadExit("exporter `gated` panicked".to_owned())));
    drop(queues);
    let mut slot = threads.remove(0).join(LONG).unwrap();
    assert_eq!(slot.id, 3);
    slot.recover(&[]).unwrap();
}

/// Starts an exporter and waits until it is writing its first page.
fn writing(slot: ExporterSlot, gate: &Gate, pages: u64) -> (Vec<ExporterQueue>, ExporterThread) {
    let (exits, _reported) = unbounded_channel();
    let (queues, mut threads) = start(vec![slot], Durability::Os, &exits).unwrap();
    (0..pages).for_each(|number| queues[0].records.put_page(Arc::new([record(number)]), 1));
    while gate.attempts.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    (queues, threads.remove(0))
}

#[test]
fn dropping_the_queue_drops_its_records() {
    let (slot, gate) = gated(0, None);
    let (queues, thread) = writing(slot, &gate, 2);
    drop(queues);
    gate.steps.send(Step::Succeed).unwrap();
    thread.join(LONG).unwrap();
    assert_eq!(numbers(&gate.memory), [0]);
}

#[test]
fn thread_that_does_not_end_is_named() {
    let (slot, gate) = gated(0, None);
    let (queues, thread) = writing(slot, &gate, 1);
    drop(queues);
    assert!(thread.join(Duration::ZERO).unwrap_err().to_string().contains("gated"));
}

#[test]
fn queued_barrier_does_not_keep_the_sink_alive() {
    let (queue, inbox) = queue();
    let gone: WeakAddr<Sink> = actix::System::new().block_on(async {
        let (exits, _) = unbounded_channel();
        Sink::new(Vec::new(), RecordLimit::new(0, 0), &Gauges::default(), LivenessGuard::new("sink", exits))
            .start()
            .downgrade()
    });
    queue.put_barrier(1, 0, gone.recipient());
    assert!(matches!(inbox.take(), Ok(queue::Job::Barrier { reached, .. }) if reached.upgrade().is_none()));
}
