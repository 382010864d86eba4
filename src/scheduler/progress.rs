//! Progress of a crawl: rates, the bottleneck, and the statistics line.

use std::time::Duration;

use crate::{
    base::time::Mono,
    frontier::{Frontier, Holdup},
    report::{Bottleneck, BottleneckShares, Snapshot},
    runtime::{gauges::Gauges, memory},
};

/// Above this many hosts in memory only every tenth sample is taken, because each one visits every host.
const MANY_HOSTS: usize = 5_000;

/// Counters since the start and since the last statistics line.
#[derive(Debug)]
pub(super) struct Progress {
    start: Mono,
    last_line: Mono,
    last_pages: u64,
    last_records: u64,
    since_last_line: BottleneckShares,
    total: BottleneckShares,
    samples: u64,
}

impl Progress {
    pub(super) fn new(start: Mono, now: Mono, frontier: &Frontier) -> Self {
        let records = frontier.records();
        Self {
            start,
            last_line: now,
            last_pages: frontier.balance().done,
            last_records: records,
            since_last_line: BottleneckShares::default(),
            total: BottleneckShares::default(),
            samples: 0,
        }
    }

    /// Counts what the slots are waiting for.
    ///
    /// A lease counts for its stage. A free slot counts for politeness while a host waits for its time. If no lease may be
    /// issued, or none is left, what delays the commit counts.
    pub(super) fn sample(&mut self, frontier: &Frontier, gauges: &Gauges, concurrency: usize) {
        self.samples += 1;
        if frontier.hosts_in_memory() > MANY_HOSTS && !self.samples.is_multiple_of(10) {
            return;
        }
        let network = gauges.network.get();
        let mut sample = BottleneckShares::default();
        sample.add(Bottleneck::Network, network);
        sample.add(Bottleneck::Parser, gauges.parser.get());
        sample.add(Bottleneck::Sink, gauges.sink.get());
        let (hosts, free) = (frontier.host_counts(), concurrency.saturating_sub(network));
        let held_up = frontier.is_paused() || (frontier.leases_out() == 0 && hosts.waiting == 0);
        match frontier.holdup().filter(|_| held_up) {
            Some(Holdup::Exporters) => sample.add(Bottleneck::Sink, hosts.ready.clamp(1, free.max(1))),
            Some(Holdup::Store) => sample.add(Bottleneck::Store, hosts.ready.clamp(1, free.max(1))),
            None => sample.add(Bottleneck::Politeness, hosts.waiting.min(free)),
        }
        self.since_last_line.merge(&sample);
    }

    /// Returns a snapshot; its rates and bottlenecks are those since the last line.
    pub(super) fn snapshot(&self, frontier: &Frontier, gauges: &Gauges, held: u64, now: Mono) -> Snapshot {
        let mut snapshot = self.peek(frontier, now);
        let minutes = now.since(self.last_line).max(Duration::from_millis(1)).as_secs_f64() / 60.0;
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no 53 bits")]
        let rate = |count: u64| count as f64 / minutes;
        snapshot.rates = [
            rate(snapshot.pages.saturating_sub(self.last_pages)),
            rate(snapshot.records.saturating_sub(self.last_records)),
        ];
        snapshot.balance = frontier.audit();
        snapshot.hosts = frontier.host_counts();
        snapshot.stages = [gauges.network.get(), gauges.parser.get(), gauges.sink.get()];
        snapshot.held = held;
        snapshot.bottlenecks = self.since_last_line;
        snapshot
    }

    /// Starts the counters of the next line.
    pub(super) fn start_interval(&mut self, snapshot: &Snapshot, now: Mono) {
        self.total.merge(&std::mem::take(&mut self.since_last_line));
        (self.last_line, self.last_pages, self.last_records) = (now, snapshot.pages, snapshot.records);
    }

    /// Returns the part of a snapshot that `[limits]` needs; cheap.
    pub(super) fn peek(&self, frontier: &Frontier, now: Mono) -> Snapshot {
        let balance = frontier.balance();
        Snapshot {
            elapsed: now.since(self.start),
            balance,
            pages: balance.done + balance.not_modified,
            records: frontier.records(),
            errors: frontier.errors(),
            ..Snapshot::default()
        }
    }

    /// Returns what slots have waited for since the start.
    pub(super) fn total(&self) -> BottleneckShares {
        let mut total = self.total;
        total.merge(&self.since_last_line);
        total
    }
}

/// Writes the statistics line; scripts search for its words.
pub(super) fn log_line(snapshot: &Snapshot) {
    let Snapshot { pages, records, rates: [page_rate, record_rate], balance, hosts, .. } = snapshot;
    let [network, parser, sink] = snapshot.stages;
    log::info!(
        queued = balance.queued, fetching = network, parsing = parser, exporting = sink,
        hosts_ready = hosts.ready, hosts_waiting = hosts.waiting, hosts_parked = hosts.parked,
        errors = snapshot.errors, held_kib = snapshot.held / 1024, rss_mib = memory::resident() >> 20, limited_by:% = snapshot.bottlenecks;
        "Crawled {pages} pages (at {page_rate:.0} pages/min), scraped {records} records (at {record_rate:.0} records/min)"
    );
    log::debug!(url_counters:% = balance; "URL counters");
}
