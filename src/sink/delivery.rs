//! How pages pass from the Sink to the exporters: each whole, in one step, once every exporter that wants it has room.

use std::{collections::VecDeque, sync::Arc};

use actix::{Recipient, WeakRecipient};
use bytes::Bytes;

use super::{
    queue::{BarrierReached, SpaceFreed},
    worker::ExporterQueue,
};
use crate::{
    messages::{Cut, Flush, Flushed, Parsed, lease::Lease, settlement_batch::SettlementBatch},
    outcome::Outcome,
    record::Record,
    runtime::gauges::Gauge,
    store::SinkId,
};

/// The Sink's state, without the actor.
#[derive(Debug)]
pub(super) struct Delivery {
    inlets: Vec<ExporterQueue>,
    gauge: Gauge,
    /// In order of arrival; bounded by the leases that are out.
    waiting: VecDeque<Page>,
    /// Empty between two messages.
    settlements: SettlementBatch,
    /// Marks that some exporter has not reached, in order; the Scheduler keeps one batch under way.
    marks: VecDeque<Barrier>,
}

/// A page on its way to the exporters.
#[derive(Debug)]
struct Page {
    lease: Lease,
    outcome: Outcome,
    records: Arc<[Record]>,
    /// What the records count in a queue.
    bytes: usize,
}

#[derive(Debug)]
struct Barrier {
    number: u64,
    /// Of the exporters that have reached it.
    positions: Vec<(SinkId, Bytes)>,
    flushed: Recipient<Flushed>,
}

impl Delivery {
    pub(super) fn new(inlets: Vec<ExporterQueue>, gauge: Gauge) -> Self {
        Self {
            inlets,
            gauge,
            waiting: VecDeque::new(),
            settlements: SettlementBatch::default(),
            marks: VecDeque::new(),
        }
    }

    /// Takes pages and hands on what can be; the rest waits until `sink` is told of room.
    pub(super) fn take(&mut self, pages: Vec<Parsed>, sink: &WeakRecipient<SpaceFreed>) {
        for Parsed { mut lease, records, outcome } in pages {
            lease.count_in(&[&self.gauge]);
            lease.findings().records = records.len() as u64;
            let bytes = records.iter().map(|record| record.json().len() + size_of::<Record>()).sum();
            let page = Page { lease, outcome, records: records.into(), bytes };
            if self.inlets.iter().any(|inlet| inlet.wants(page.label())) {
                self.waiting.push_back(page);
            } else {
                self.settle(page);
            }
        }
        self.hand_on(sink);
    }

    /// Hands on the pages whose exporters have room. A page that waits for an exporter is passed by those that do not
    /// need it, and by no other: so a large page gets its turn.
    pub(super) fn hand_on(&mut self, sink: &WeakRecipient<SpaceFreed>) {
        let mut still_waiting = VecDeque::new();
        self.inlets.iter_mut().for_each(|inlet| inlet.claimed = false);
        while let Some(page) = self.waiting.pop_front() {
            if self.claim(&page, sink) {
                self.hand(page);
                continue;
            }
            still_waiting.push_back(page);
            if self.inlets.iter().all(|inlet| inlet.claimed) {
                break;
            }
        }
        still_waiting.append(&mut self.waiting);
        self.waiting = still_waiting;
        self.settlements.send();
    }

    /// Puts the mark of a batch into every queue and ends the batch on the way home.
    pub(super) fn flush(&mut self, flush: Flush, sink: &WeakRecipient<BarrierReached>) {
        let Flush { number, cut, flushed } = flush;
        for inlet in &self.inlets {
            inlet.queue.put_mark(number, sink.clone());
        }
        self.settlements.send();
        cut.do_send(Cut { number });
        self.marks.push_back(Barrier { number, positions: Vec::with_capacity(self.inlets.len()), flushed });
        self.answer_marks();
    }

    /// Notes that an exporter is past a mark.
    pub(super) fn reached(&mut self, reached: BarrierReached) {
        let BarrierReached { exporter, number, position } = reached;
        if let Some(mark) = self.marks.iter_mut().find(|mark| mark.number == number) {
            mark.positions.push((exporter, position));
        }
        self.answer_marks();
    }

    /// Whether every exporter that wants the page has room; claims those that have not for it.
    fn claim(&mut self, page: &Page, sink: &WeakRecipient<SpaceFreed>) -> bool {
        let mut all = true;
        for inlet in self.inlets.iter_mut().filter(|inlet| inlet.wants(page.label())) {
            inlet.claimed = inlet.claimed || !inlet.queue.has_room(page.bytes, sink);
            all &= !inlet.claimed;
        }
        all
    }

    /// Puts a page into the queues and settles it: one step, so that records and settlement are of the same batch.
    fn hand(&mut self, page: Page) {
        for inlet in self.inlets.iter().filter(|inlet| inlet.wants(page.label())) {
            inlet.queue.put_page(page.records.clone(), page.bytes);
        }
        self.settle(page);
    }

    fn settle(&mut self, page: Page) {
        self.settlements.settle(page.lease, page.outcome);
    }

    fn answer_marks(&mut self) {
        while self.marks.front().is_some_and(|mark| mark.positions.len() >= self.inlets.len()) {
            let Some(Barrier { number, mut positions, flushed }) = self.marks.pop_front() else { return };
            positions.sort_unstable_by_key(|(exporter, _)| *exporter);
            flushed.do_send(Flushed { number, positions });
        }
    }
}

impl Page {
    fn label(&self) -> Option<&str> {
        self.lease.request().label_name().map(AsRef::as_ref)
    }
}
