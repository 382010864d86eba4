//! What the Scheduler reports: log lines, snapshots for observers, and the final report.

use super::{actor::Scheduler, progress};
use crate::{
    error::StoreError,
    frontier::Balance,
    report::{Finish, Parked, Report, Snapshot, Unwritten},
    runtime::output_status::{OutputFailure, OutputStatus},
};

/// Maximum number of parked hosts in a report.
const MAX_PARKED: usize = 100;

impl Scheduler {
    /// Writes the statistics line and starts its next interval.
    pub(super) fn log_stats(&mut self) {
        let snapshot = self.snapshot();
        progress::log_line(&snapshot);
        if let Err(message) = snapshot.balance.check() {
            log::error!(url_counters:% = message; "URL counters are inconsistent");
        }
        self.progress.start_interval(&snapshot, self.setup.clock.mono());
    }

    /// Calls the observers.
    pub(super) fn notify_observers(&self) {
        if !self.setup.observers.is_empty() {
            let snapshot = self.snapshot();
            self.setup.observers.iter().for_each(|observer| observer(&snapshot));
        }
    }

    /// Ends the crawl as it is. One with settlements or records that are not committed has not drained.
    pub(super) fn halt(&mut self, finish: Finish) {
        let is_disk_full = || self.pause.is_disk_full() || self.failures().any(|(_, failure)| failure.is_disk_full);
        let finish = match self.frontier.is_committed() {
            true => finish,
            false if finish == Finish::ClosedOutput => finish,
            false if is_disk_full() => Finish::DiskFull,
            false => Finish::Interrupted,
        };
        self.log_stats();
        self.notify_observers();
        self.finish(Ok(self.report(finish)));
    }

    /// Hands over the result of the crawl; only the first one counts.
    pub(super) fn finish(&mut self, result: Result<Report, StoreError>) {
        if let Some(end) = self.end.take() {
            // The receiver is gone if the crawl's future was dropped.
            end.send(result).ok();
        }
    }

    /// Returns the outputs that cannot be written now.
    fn failures(&self) -> impl Iterator<Item = (&OutputStatus, OutputFailure)> {
        self.setup.outputs.iter().filter_map(|output| Some((output, output.failure()?)))
    }

    fn snapshot(&self) -> Snapshot {
        let held = self.setup.budget.held();
        self.progress.snapshot(&self.frontier, &self.setup.gauges, held, self.setup.clock.mono())
    }

    fn report(&self, finish: Finish) -> Report {
        let parked = self.frontier.parked().filter(|(.., urls)| *urls > 0).take(MAX_PARKED);
        let parked = parked.map(|(host, reason, urls)| Parked { host: host.to_owned(), reason: reason.name(), urls });
        let unwritten = self.failures().map(|(output, failure)| Unwritten {
            output: output.name().to_owned(),
            records: output.unwritten(),
            error: failure.message,
        });
        Report {
            finish,
            unwritten: unwritten.filter(|unwritten| unwritten.records > 0).collect(),
            elapsed: self.progress.peek(&self.frontier, self.setup.clock.mono()).elapsed,
            balance: self.frontier.audit(),
            stats: self.frontier.stats().clone(),
            parked: parked.collect(),
            failed_seeds: self.frontier.failed_seeds(),
            set_aside: self.frontier.set_aside_count(),
            bottlenecks: self.progress.total(),
            start: Balance::default(),
            rebuilds: 0,
        }
    }
}
