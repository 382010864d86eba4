//! Reports of a crawl: snapshots while it runs, and the final report.

use std::{fmt, time::Duration};

use crate::{
    base::stats::Stats,
    frontier::{Balance, FailedSeeds, HostCounts},
};

/// What limits the speed of a crawl.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bottleneck {
    /// Slots are free, but hosts with URLs wait for their delay.
    Politeness,
    /// Slots wait for servers.
    Network,
    /// Pages wait for a Parser or are being parsed.
    Parser,
    /// Pages wait for space in an exporter's queue, or a commit waits for an exporter.
    Sink,
    /// A commit waits for the store.
    Store,
}

impl Bottleneck {
    /// All values.
    pub const ALL: [Self; 5] = [Self::Politeness, Self::Network, Self::Parser, Self::Sink, Self::Store];

    /// Returns the name used in logs.
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

/// Slot time by bottleneck; the largest share limits the crawl.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BottleneckShares([u64; Bottleneck::ALL.len()]);

impl BottleneckShares {
    /// Adds the slots of one sample.
    pub fn add(&mut self, bottleneck: Bottleneck, slots: usize) {
        let sums = Bottleneck::ALL.iter().zip(&mut self.0);
        sums.filter(|(each, _)| **each == bottleneck).for_each(|(_, sum)| *sum += slots as u64);
    }

    /// Adds the samples of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
    }

    /// Returns each bottleneck with its share of slot time (0 to 1), largest first; empty if no slot was in use.
    #[must_use]
    pub fn sorted(&self) -> Vec<(Bottleneck, f64)> {
        let total: u64 = self.0.iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "a share needs no 53 bits")]
        let share = |sum: u64| sum as f64 / total as f64;
        let mut shares: Vec<_> = Bottleneck::ALL.into_iter().zip(self.0).filter(|(_, sum)| *sum > 0).collect();
        shares.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
        shares.into_iter().map(|(bottleneck, sum)| (bottleneck, share(sum))).collect()
    }

    /// Returns the bottleneck with the largest share.
    #[must_use]
    pub fn largest(&self) -> Option<Bottleneck> {
        self.sorted().first().map(|(bottleneck, _)| *bottleneck)
    }
}

impl fmt::Display for BottleneckShares {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares = self.sorted();
        if shares.is_empty() {
            return formatter.write_str("nothing");
        }
        for (index, (bottleneck, share)) in shares.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(formatter, "{comma}{} {:.0} %", bottleneck.name(), share * 100.0)?;
        }
        Ok(())
    }
}

/// State of a crawl at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Time since this process started the crawl.
    pub elapsed: Duration,
    /// URL counters.
    pub balance: Balance,
    /// Hosts in memory, by state.
    pub hosts: HostCounts,
    /// Number of pages.
    pub pages: u64,
    /// Number of records, those without an output included.
    pub records: u64,
    /// Number of failed attempts to fetch a page or a robots.txt, as `limits.errors` counts them.
    pub errors: u64,
    /// Number of leases at the Fetchers, the Parsers and the Sink.
    pub stages: [usize; 3],
    /// Bytes held by leases.
    pub held: u64,
    /// Pages and records per minute since the last statistics line.
    pub rates: [f64; 2],
    /// What limited the crawl since the last statistics line.
    pub bottlenecks: BottleneckShares,
}

/// Reason why a crawl is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finish {
    /// No URL was left.
    Finished,
    /// Stopped, after everything in flight was settled.
    Stopped,
    /// Stopped at once, or not everything in flight was settled in time.
    Interrupted,
    /// The reader of standard output closed it; what was in flight is lost.
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
    /// `limits.memory`
    Memory,
    /// Stopped while a disk was full, so records or the last commit are not written.
    DiskFull,
}

impl Finish {
    /// Returns the name used in the statistics.
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
            Self::Memory => "limits.memory",
            Self::DiskFull => "disk_full",
        }
    }
}

/// Host that could not be asked within the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// `scheme://host[:port]/`
    pub host: String,
    /// Why it is parked.
    pub reason: &'static str,
    /// Number of its URLs, kept for the next run.
    pub urls: u64,
}

/// Output that could not be written when the crawl ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritten {
    /// Name of the output.
    pub output: String,
    /// Number of records that are not in it. Their pages are fetched again by the next run with the same state directory.
    pub records: u64,
    /// Why the last attempt failed.
    pub error: String,
}

impl fmt::Display for Unwritten {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { output, records, error } = self;
        let noun = if *records == 1 { "record" } else { "records" };
        write!(formatter, "{records} {noun} not written to `{output}`: {error}")
    }
}

/// Report of a crawl that is over.
#[derive(Clone, Debug)]
pub struct Report {
    /// Why the crawl ended.
    pub finish: Finish,
    /// Time since this process started the crawl.
    pub elapsed: Duration,
    /// URL counters.
    pub balance: Balance,
    /// Counters by name.
    pub stats: Stats,
    /// The outputs that could not be written.
    pub unwritten: Vec<Unwritten>,
    /// The first 100 parked hosts with URLs.
    pub parked: Vec<Parked>,
    /// Number of URLs that are set aside, because the configuration of this run refuses them; they count as parked.
    pub set_aside: u64,
    /// Seeds of this run that failed, were rejected or refused, or belong to a parked host.
    pub failed_seeds: FailedSeeds,
    /// URL counters at the start of this run.
    pub start: Balance,
    /// What limited the crawl since the start.
    pub bottlenecks: BottleneckShares,
    /// Number of times the pipeline was rebuilt after a part died.
    pub rebuilds: u32,
}

impl Report {
    /// The report of a crawl that ended for this reason before it began.
    pub(crate) fn without_crawl(finish: Finish, elapsed: Duration) -> Self {
        Self {
            finish,
            elapsed,
            balance: Balance::default(),
            stats: Stats::default(),
            unwritten: Vec::new(),
            parked: Vec::new(),
            set_aside: 0,
            failed_seeds: FailedSeeds::default(),
            start: Balance::default(),
            bottlenecks: BottleneckShares::default(),
            rebuilds: 0,
        }
    }

    /// Returns the number of pages fetched in this run.
    #[must_use]
    pub fn pages(&self) -> u64 {
        fetched(&self.balance).saturating_sub(fetched(&self.start))
    }

    /// Returns true if this run fetched no page, although it had URLs to fetch: each of them failed, was rejected, or is
    /// parked.
    #[must_use]
    pub fn is_without_pages(&self) -> bool {
        let rejected = self.balance.rejected > self.start.rejected;
        let parked = self.balance.parked > self.set_aside;
        // A later run refuses the same seeds again, when nothing is left to do.
        let refused = self.failed_seeds.count > 0 && fetched(&self.balance) == 0;
        self.pages() == 0 && (rejected || parked || refused)
    }
}

fn fetched(balance: &Balance) -> u64 {
    balance.done + balance.not_modified
}

impl fmt::Display for Report {
    /// Writes the statistics: one `key: value` per line, sorted.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<_> = self.stats.iter().map(|(key, count)| format!("{key}: {count}")).collect();
        lines.push(format!("elapsed_time_seconds: {:.3}", self.elapsed.as_secs_f64()));
        lines.push(format!("finish_reason: {}", self.finish.name()));
        lines.push(format!("limited_by: {}", self.bottlenecks));
        lines.push(format!("url_counters: {}", self.balance));
        if self.failed_seeds.count > 0 {
            lines.push(format!("failed_seeds: {}", self.failed_seeds.count));
        }
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
    fn largest_share_limits() {
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
