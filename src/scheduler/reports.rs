//! What the Scheduler reports: log lines, snapshots for observers, and the final report.

use super::{actor::Scheduler, progress};
use crate::{
    error::StoreError,
    report::{Finish, Parked, Report, Snapshot},
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

    /// Ends the crawl as it is.
    pub(super) fn halt(&mut self, finish: Finish) {
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

    fn snapshot(&self) -> Snapshot {
        let held = self.setup.budget.held();
        self.progress.snapshot(&self.frontier, &self.setup.gauges, held, self.setup.clock.mono())
    }

    fn report(&self, finish: Finish) -> Report {
        let parked = self.frontier.parked().filter(|(.., urls)| *urls > 0).take(MAX_PARKED);
        let parked = parked.map(|(host, reason, urls)| Parked { host: host.to_owned(), reason: reason.name(), urls });
        Report {
            finish,
            elapsed: self.progress.peek(&self.frontier, self.setup.clock.mono()).elapsed,
            balance: self.frontier.audit(),
            stats: self.frontier.stats().clone(),
            parked: parked.collect(),
            bottlenecks: self.progress.total(),
            rebuilds: 0,
        }
    }
}
