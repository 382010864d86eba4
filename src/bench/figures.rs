//! What was measured.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::usage::Sample;

/// What a run has measured.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// While URLs were taken in.
    pub fill: Phase,
    /// While they were only lent and settled.
    pub drain: Phase,
    /// Hosts with URLs.
    pub hosts: u64,
    /// URLs known at the end.
    pub urls: u64,
    /// Bytes that the state directory takes on the disk, after the drain.
    pub disk: u64,
    /// What it takes to go on.
    pub restart: Restart,
}

/// A start on what an earlier run has left.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Restart {
    /// Time until the store was open.
    #[serde(serialize_with = "seconds")]
    pub opened: Duration,
    /// Time until the first lease, the former included.
    #[serde(serialize_with = "seconds")]
    pub wall: Duration,
    /// Processor time until then.
    #[serde(serialize_with = "seconds")]
    pub cpu: Duration,
    /// Whether there was a first lease: else all was drained, and these are the times until that was known.
    pub lent: bool,
}

/// A part of a run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Phase {
    /// How long it took.
    #[serde(serialize_with = "seconds")]
    pub wall: Duration,
    /// Processor time of the frontier, the store and its background work; the synthetic web does not count.
    #[serde(serialize_with = "seconds")]
    pub cpu: Duration,
    /// Links that came to the door.
    pub checks: u64,
    /// Those of them that the store was asked about.
    pub asked: u64,
    /// URLs taken in.
    pub inserts: u64,
    /// Pages lent and settled.
    pub pages: u64,
    /// Leases, those for robots.txt and addresses among them.
    pub leases: u64,
    /// Commits.
    pub commits: u64,
    /// The most memory so far, in bytes.
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
            writeln!(formatter, "{name:<18} {wall:>10.1} s {cpu:>6.1} CPU-s {:>8} MiB at most", phase.memory >> 20)?;
            for (name, count) in [
                ("checks", phase.checks),
                ("asked of the store", phase.asked),
                ("inserts", phase.inserts),
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
        let Restart { opened, wall, cpu, lent } = &self.restart;
        let [opened, wall, cpu] = [opened, wall, cpu].map(Duration::as_secs_f64);
        let end = if *lent { "the first lease" } else { "the end: nothing is left" };
        writeln!(formatter, "restart: {wall:.2} s to {end} ({cpu:.2} CPU-s), {opened:.2} s of it to open the store")
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs no 53 bits")]
fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(0.001)
}

fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
