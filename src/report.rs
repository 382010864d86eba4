//! What a crawl says of itself: while it runs, and when it is over.

use std::{fmt, time::Duration};

use crate::{
    base::stats::Stats,
    frontier::{Balance, HostCounts},
};

/// What can limit a crawl.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bottleneck {
    /// Slots are free, but every host that has URLs waits for its time.
    Politeness,
    /// Slots wait for servers.
    Network,
    /// Pages wait for a Parser, or are being parsed.
    Parser,
    /// Pages wait for room in an exporter's queue, or a commit for an exporter.
    Sink,
    /// A commit waits for the store.
    Store,
}

impl Bottleneck {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Politeness, Self::Network, Self::Parser, Self::Sink, Self::Store];

    /// As logs name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Politeness => "politeness",
            Self::Network => "network",
            Self::Parser => "parser",
            Self::Sink => "sink",
            Self::Store => "store",
        }
    }
}

/// How slot time was spent: what limits the crawl is what had most of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BottleneckShares([u64; Bottleneck::ALL.len()]);

impl BottleneckShares {
    /// Adds slots seen in one sample.
    pub fn add(&mut self, limit: Bottleneck, slots: usize) {
        let sums = Bottleneck::ALL.iter().zip(&mut self.0);
        sums.filter(|(each, _)| **each == limit).for_each(|(_, sum)| *sum += slots as u64);
    }

    /// Adds another's samples.
    pub fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
    }

    /// Each limit with its share of the slot time, 0 to 1, largest first; none when nothing was going on.
    #[must_use]
    pub fn sorted(&self) -> Vec<(Bottleneck, f64)> {
        let total: u64 = self.0.iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "a share needs no 53 bits")]
        let share = |sum: u64| sum as f64 / total as f64;
        let mut shares: Vec<_> = Bottleneck::ALL.into_iter().zip(self.0).filter(|(_, sum)| *sum > 0).collect();
        shares.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
        shares.into_iter().map(|(limit, sum)| (limit, share(sum))).collect()
    }

    /// What limits the crawl.
    #[must_use]
    pub fn largest(&self) -> Option<Bottleneck> {
        self.sorted().first().map(|(limit, _)| *limit)
    }
}

impl fmt::Display for BottleneckShares {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares = self.sorted();
        if shares.is_empty() {
            return formatter.write_str("nothing");
        }
        for (index, (limit, share)) in shares.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(formatter, "{comma}{} {:.0} %", limit.name(), share * 100.0)?;
        }
        Ok(())
    }
}

/// The crawl at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Since the start of this process's crawl.
    pub elapsed: Duration,
    /// The frontier's books.
    pub balance: Balance,
    /// Hosts in memory.
    pub hosts: HostCounts,
    /// Pages done.
    pub pages: u64,
    /// Records handed to the exporters.
    pub records: u64,
    /// Requests that failed.
    pub errors: u64,
    /// Leases with the Fetchers, the Parsers, the Sink.
    pub stages: [usize; 3],
    /// Bytes that leases hold.
    pub held: u64,
    /// Pages and records per minute since the snapshot before.
    pub rates: [f64; 2],
    /// What limited the crawl since the snapshot before.
    pub limits: BottleneckShares,
}

/// Why a crawl is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finish {
    /// Nothing was left to do.
    Finished,
    /// Told to stop; what was in flight came home first.
    Stopped,
    /// Told to stop; what was in flight did not come home in time, or had no time given.
    Interrupted,
    /// Standard output was closed by whoever read it; what was in flight did not come home.
    ClosedOutput,
    /// `limits.pages`
    Pages,
    /// `limits.records`
    Records,
    /// `limits.bytes`
    Bytes,
    /// `limits.time`
    Time,
    /// `limits.errors`
    Errors,
    /// Below `limits.disk_free` for longer than `limits.wait`
    DiskFree,
}

impl Finish {
    /// As the stats name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
            Self::ClosedOutput => "closed_output",
            Self::Pages => "limits.pages",
            Self::Records => "limits.records",
            Self::Bytes => "limits.bytes",
            Self::Time => "limits.time",
            Self::Errors => "limits.errors",
            Self::DiskFree => "limits.disk_free",
        }
    }
}

/// A host that could not be asked within the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// `scheme://host[:port]/`
    pub host: String,
    /// Why.
    pub reason: &'static str,
    /// Its URLs, kept for the next run.
    pub urls: u64,
}

/// A crawl that is over.
#[derive(Clone, Debug)]
pub struct Report {
    /// Why it is over.
    pub finish: Finish,
    /// Since the start.
    pub elapsed: Duration,
    /// The frontier's books.
    pub balance: Balance,
    /// Counters by name.
    pub stats: Stats,
    /// Hosts that could not be asked, the first hundred.
    pub parked: Vec<Parked>,
    /// How slot time was spent.
    pub limits: BottleneckShares,
    /// Times the pipeline was built again after a death.
    pub rebuilds: u32,
}

impl fmt::Display for Report {
    /// The stats dump: one `key: value` a line, sorted.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<_> = self.stats.iter().map(|(key, count)| format!("{key}: {count}")).collect();
        lines.push(format!("elapsed_time_seconds: {:.3}", self.elapsed.as_secs_f64()));
        lines.push(format!("finish_reason: {}", self.finish.name()));
        lines.push(format!("limited_by: {}", self.limits));
        lines.push(format!("door: {}", self.balance));
        if self.rebuilds > 0 {
            lines.push(format!("pipeline/rebuilds: {}", self.rebuilds));
        }
        lines.extend(self.parked.iter().map(|parked| {
            let Parked { host, reason, urls } = parked;
            format!("parked/{host}: {reason}, {urls} urls")
        }));
        lines.sort();
        lines.iter().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_share_limits() {
        let mut shares = BottleneckShares::default();
        assert_eq!(shares.to_string(), "nothing");
        shares.add(Bottleneck::Network, 1);
        shares.add(Bottleneck::Politeness, 3);
        assert_eq!(
            (shares.largest(), shares.to_string()),
            (Some(Bottleneck::Politeness), "politeness 75 %, network 25 %".into())
        );
    }
}
