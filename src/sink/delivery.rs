//! Passes pages to the exporters: each page as a whole, in one step, once all exporters that want it have space.

use std::{collections::VecDeque, sync::Arc};

use actix::{Recipient, WeakRecipient};
use bytes::Bytes;

use super::{
    queue::{BarrierReached, SpaceFreed},
    record_limit::RecordLimit,
    worker::ExporterQueue,
};
use crate::{
    messages::{Cut, Flush, Flushed, Parsed, lease::Lease, settlement_batch::SettlementBatch},
    outcome::Outcome,
    record::Record,
    runtime::gauges::Gauge,
    store::SinkId,
};

/// State of the Sink, without the actor.
#[derive(Debug)]
pub(super) struct Delivery {
    queues: Vec<ExporterQueue>,
    limit: RecordLimit,
    gauge: Gauge,
    /// Pages without space, in order of arrival; bounded by the leases in flight.
    waiting: VecDeque<Page>,
    /// Empty between two messages.
    settlements: SettlementBatch,
    /// Barriers that some exporter has not reached, in order. The Scheduler flushes one batch at a time.
    barriers: VecDeque<Barrier>,
}

/// Page on its way to the exporters.
#[derive(Debug)]
struct Page {
    lease: Lease,
    outcome: Outcome,
    records: Arc<[Record]>,
    /// Size of the records in a queue.
    bytes: usize,
}

#[derive(Debug)]
struct Barrier {
    /// Number of the batch that it ends.
    number: u64,
    /// Positions of the exporters that have reached it.
    positions: Vec<(SinkId, Bytes)>,
    flushed: Recipient<Flushed>,
}

impl Delivery {
    pub(super) fn new(queues: Vec<ExporterQueue>, limit: RecordLimit, gauge: Gauge) -> Self {
        Self {
            queues,
            limit,
            gauge,
            waiting: VecDeque::new(),
            settlements: SettlementBatch::default(),
            barriers: VecDeque::new(),
        }
    }

    /// Accepts pages and delivers those for which there is space; `sink` is notified of space for the rest.
    pub(super) fn accept(&mut self, pages: Vec<Parsed>, sink: &WeakRecipient<SpaceFreed>) {
        for Parsed { mut lease, records, outcome } in pages {
            lease.count_in(&[&self.gauge]);
            let bytes = records.iter().map(|record| record.json().len() + size_of::<Record>()).sum();
            let page = Page { lease, outcome, records: records.into(), bytes };
            if self.queues.iter().any(|queue| queue.wants(page.label())) {
                self.waiting.push_back(page);
            } else {
                self.deliver(page);
            }
        }
        self.deliver_waiting(sink);
    }

    /// Delivers the pages whose exporters have space.
    ///
    /// A page that waits for an exporter is overtaken only by pages that do not need this exporter. So a large page gets
    /// its turn.
    pub(super) fn deliver_waiting(&mut self, sink: &WeakRecipient<SpaceFreed>) {
        let mut still_waiting = VecDeque::new();
        self.queues.iter_mut().for_each(|queue| queue.is_reserved = false);
        while let Some(page) = self.waiting.pop_front() {
            // After the last record nothing is written, so no space is needed.
            if self.limit.is_reached() || self.reserve(&page, sink) {
                self.deliver(page);
                continue;
            }
            still_waiting.push_back(page);
            if self.queues.iter().all(|queue| queue.is_reserved) {
                break;
            }
        }
        still_waiting.append(&mut self.waiting);
        self.waiting = still_waiting;
        self.settlements.send();
    }

    /// Puts the barrier of a batch into every queue, and ends the batch for the Scheduler.
    pub(super) fn flush(&mut self, flush: Flush, sink: &WeakRecipient<BarrierReached>) {
        let Flush { number, cut, flushed } = flush;
        for queue in &self.queues {
            queue.records.put_barrier(number, queue.delivered, sink.clone());
        }
        self.settlements.send();
        cut.do_send(Cut { number });
        self.barriers.push_back(Barrier { number, positions: Vec::with_capacity(self.queues.len()), flushed });
        self.report_flushed();
    }

    /// Records that an exporter has reached a barrier.
    pub(super) fn barrier_reached(&mut self, reached: BarrierReached) {
        let BarrierReached { exporter, number, position } = reached;
        if let Some(barrier) = self.barriers.iter_mut().find(|barrier| barrier.number == number) {
            barrier.positions.push((exporter, position));
        }
        self.report_flushed();
    }

    /// Returns true if every exporter that wants the page has space; reserves those that have none for it.
    fn reserve(&mut self, page: &Page, sink: &WeakRecipient<SpaceFreed>) -> bool {
        let mut is_free = true;
        for queue in self.queues.iter_mut().filter(|queue| queue.wants(page.label())) {
            queue.is_reserved = queue.is_reserved || !queue.records.has_space(page.bytes, sink);
            is_free &= !queue.is_reserved;
        }
        is_free
    }

    /// Puts a page into the queues and settles it, in one step, so that records and settlement belong to one batch.
    ///
    /// The page that reaches `limits.records` keeps the records that fit. Pages after it are given back, for the next run.
    fn deliver(&mut self, mut page: Page) {
        if self.limit.is_reached() {
            return self.settlements.settle(page.lease, Outcome::GivenBack);
        }
        page.truncate(self.limit.take(page.records.len()));
        let (records, mut takers) = (page.records.len() as u64, 0);
        for queue in self.queues.iter_mut().filter(|queue| queue.wants(page.label())) {
            queue.delivered += records;
            queue.status.accept(page.records.len());
            queue.records.put_page(page.records.clone(), page.bytes);
            takers += 1;
        }
        let findings = page.lease.findings();
        findings.records = records;
        findings.dropped_records = if takers == 0 { records } else { 0 };
        self.settlements.settle(page.lease, page.outcome);
    }

    /// Notifies the Scheduler of each barrier, in order, that all exporters have reached.
    fn report_flushed(&mut self) {
        while self.barriers.front().is_some_and(|barrier| barrier.positions.len() >= self.queues.len()) {
            let Some(Barrier { number, mut positions, flushed }) = self.barriers.pop_front() else { return };
            positions.sort_unstable_by_key(|(exporter, _)| *exporter);
            flushed.do_send(Flushed { number, positions });
        }
    }
}

impl Page {
    /// Keeps the first `count` records.
    fn truncate(&mut self, count: usize) {
        if let Some(kept) = self.records.get(..count).filter(|kept| kept.len() < self.records.len()) {
            self.records = kept.into();
        }
    }

    fn label(&self) -> Option<&str> {
        self.lease.request().label_name().map(AsRef::as_ref)
    }
}
