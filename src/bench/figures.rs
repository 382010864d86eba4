//! The figures that a run reports.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::usage::Sample;

/// Figures of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// While URLs were admitted.
    pub fill: Phase,
    /// While URLs were only leased and settled.
    pub drain: Phase,
    /// Number of hosts with URLs.
    pub hosts: u64,
    /// Number of known URLs at the end.
    pub urls: u64,
    /// Size of the state directory on disk after the drain, in bytes.
    pub disk: u64,
    /// The restart.
    pub restart: Restart,
}

/// Figures of a restart from the state of an earlier run.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Restart {
    /// Time until the store was open.
    #[serde(serialize_with = "seconds")]
    pub opened: Duration,
    /// Time until the first lease; includes `opened`.
    #[serde(serialize_with = "seconds")]
    pub wall: Duration,
    /// Processor time until the first lease.
    #[serde(serialize_with = "seconds")]
    pub cpu: Duration,
    /// Whether there was a lease. If not, everything was drained, and the times are those until that was known.
    pub leased: bool,
}

/// Figures of a part of a run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Phase {
    /// Elapsed time.
    #[serde(serialize_with = "seconds")]
    pub wall: Duration,
    /// Processor time of the frontier, the store and its background work, without the synthetic web.
    #[serde(serialize_with = "seconds")]
    pub cpu: Duration,
    /// Number of links offered to the frontier.
    pub checks: u64,
    /// Number of links looked up in the store.
    pub asked: u64,
    /// Number of URLs admitted.
    pub inserts: u64,
    /// Number of pages leased and settled.
    pub pages: u64,
    /// Number of leases, including those for robots.txt and addresses.
    pub leases: u64,
    /// Number of commits.
    pub commits: u64,
    /// Peak memory so far, in bytes.
    pub memory: u64,
}

impl Figures {
    pub(super) fn new(start: &Sample, filled: &Sample, drained: &Sample, hosts: u64) -> Self {
        let (fill, drain) = (Phase::between(start, filled), Phase::between(filled, drained));
        Self { fill, drain, hosts, urls: drained.balance.admitted, disk: 0, restart: Restart::default() }
    }
}

impl Phase {
    fn between(start: &Sample, end: &Sample) -> Self {
        Self {
            wall: end.at.since(start.at),
            cpu: end.cpu.saturating_sub(start.cpu),
            checks: end.balance.offered - start.balance.offered,
            asked: end.asked - start.asked,
            inserts: end.balance.admitted - start.balance.admitted,
            pages: end.balance.ended() - start.balance.ended(),
            leases: end.leases - start.leases,
            commits: end.commits - start.commits,
            memory: end.memory,
        }
    }

    fn rates(&self, count: u64) -> String {
        let (wall, cpu) = (per_second(count, self.wall), per_second(count, self.cpu));
        format!("{count:>12} {wall:>12.0} {cpu:>12.0}")
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:<18} {:>12} {:>12} {:>12}", "", "count", "per second", "per CPU-s")?;
        for (name, phase) in [("fill", &self.fill), ("drain", &self.drain)] {
            let (wall, cpu) = (phase.wall.as_secs_f64(), phase.cpu.as_secs_f64());
            writeln!(formatter, "{name:<18} {wall:>10.1} s {cpu:>6.1} CPU-s {:>8} MiB peak", phase.memory >> 20)?;
            for (name, count) in [
                ("links checked", phase.checks),
                ("looked up in store", phase.asked),
                ("URLs admitted", phase.inserts),
                ("pages", phase.pages),
                ("leases", phase.leases),
                ("commits", phase.commits),
            ] {
                if count > 0 {
                    writeln!(formatter, "  {name:<18} {}", phase.rates(count))?;
                }
            }
        }
        let each = self.disk / self.urls.max(1);
        writeln!(formatter, "on disk: {} MiB, {each} bytes for each of {} URLs", self.disk >> 20, self.urls)?;
        writeln!(formatter, "hosts: {}", self.hosts)?;
        let Restart { opened, wall, cpu, leased } = &self.restart;
        let [opened, wall, cpu] = [opened, wall, cpu].map(Duration::as_secs_f64);
        let end = if *leased { "the first lease" } else { "the end, because nothing is left" };
        writeln!(formatter, "restart: {wall:.2} s to {end} ({cpu:.2} CPU-s), {opened:.2} s of it to open the store")
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate does not need more than 53 bits")]
fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(0.001)
}

fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
