//! What the Scheduler says of the crawl: the stats line, and what limits it, by samples of where the slots are.

use std::time::Duration;

use crate::{
    base::time::Mono,
    frontier::{Frontier, Holdup},
    report::{Bottleneck, BottleneckShares, Snapshot},
    runtime::gauges::Gauges,
};

/// Hosts in memory from which on it is looked only every tenth time where the slots are: a look is at each of them.
const MANY: usize = 5_000;

/// Counts over the life of a crawl and since the line before.
#[derive(Debug)]
pub(super) struct Progress {
    start: Mono,
    last: Mono,
    last_pages: u64,
    last_records: u64,
    since_last: BottleneckShares,
    total: BottleneckShares,
    samples: u64,
}

impl Progress {
    pub(super) fn new(start: Mono, now: Mono, frontier: &Frontier) -> Self {
        let records = frontier.stats().get("item_scraped_count");
        Self {
            start,
            last: now,
            last_pages: frontier.balance().done,
            last_records: records,
            since_last: BottleneckShares::default(),
            total: BottleneckShares::default(),
            samples: 0,
        }
    }

    /// Looks where the slots are. A lease is where it is; a free slot is wanting for politeness while a host waits for
    /// its time; when nothing may be lent, or nothing is left to lend, whatever holds the commit up is what is waited
    /// for.
    pub(super) fn sample(&mut self, frontier: &Frontier, gauges: &Gauges, concurrency: usize) {
        self.samples += 1;
        if frontier.hosts_in_memory() > MANY && !self.samples.is_multiple_of(10) {
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
        self.since_last.merge(&sample);
    }

    /// The crawl so far; rates and limits are those since the line before.
    pub(super) fn snapshot(&self, frontier: &Frontier, gauges: &Gauges, held: u64, now: Mono) -> Snapshot {
        let mut snapshot = self.peek(frontier, now);
        let minutes = now.since(self.last).max(Duration::from_millis(1)).as_secs_f64() / 60.0;
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
        snapshot.limits = self.since_last;
        snapshot
    }

    /// Begins the next line's counts.
    pub(super) fn turn_over(&mut self, snapshot: &Snapshot, now: Mono) {
        self.total.merge(&std::mem::take(&mut self.since_last));
        (self.last, self.last_pages, self.last_records) = (now, snapshot.pages, snapshot.records);
    }

    /// What the limits are measured by: cheap, nothing is reset.
    pub(super) fn peek(&self, frontier: &Frontier, now: Mono) -> Snapshot {
        let (balance, stats) = (frontier.balance(), frontier.stats());
        Snapshot {
            elapsed: now.since(self.start),
            balance,
            pages: balance.done + balance.not_modified,
            records: stats.get("item_scraped_count"),
            errors: stats.get("downloader/exception_count"),
            ..Snapshot::default()
        }
    }

    /// How slot time was spent since the start.
    pub(super) fn total(&self) -> BottleneckShares {
        let mut total = self.total;
        total.merge(&self.since_last);
        total
    }
}

/// Writes the line that scripts look for, then where everything is.
pub(super) fn log_line(snapshot: &Snapshot) {
    let Snapshot { pages, records, rates: [page_rate, record_rate], balance, hosts, .. } = snapshot;
    let [network, parser, sink] = snapshot.stages;
    log::info!(
        queued = balance.queued, fetching = network, parsing = parser, exporting = sink,
        hosts_ready = hosts.ready, hosts_waiting = hosts.waiting, hosts_parked = hosts.parked,
        errors = snapshot.errors, held_kib = snapshot.held / 1024, rss_mib = rss_mib(), limited_by:% = snapshot.limits;
        "Crawled {pages} pages (at {page_rate:.0} pages/min), scraped {records} records (at {record_rate:.0} records/min)"
    );
    log::debug!(door:% = balance; "books");
}

/// Resident memory of this process in MiB; 0 where /proc does not say.
#[allow(clippy::disallowed_methods, reason = "one small read of a file that is not on a disk")]
fn rss_mib() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    (pages * 4096) >> 20
}
