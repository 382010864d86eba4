//! The frontier as a whole. Each part owns its state; `impl Frontier` in other files connects them.

use bytes::Bytes;

use super::{
    commit::{Commits, Meta, aside_reading::AsideReading},
    config::Config,
    crawl_start::CrawlStart,
    hosts::{HostTable, InactiveHosts},
    leases::Leases,
    politeness::HostSchedule,
    scope::{
        Scope,
        crawl_scope::CrawlScope,
        traps::{Traps, subdomains::Subdomains},
    },
    seed_log::SeedLog,
    seen::{known_urls::KnownUrls, recent_depths::RecentDepths},
};
use crate::{
    base::time::Mono,
    error::StoreError,
    side_table::ChangedRow,
    store::{Grant, Recovered},
};

/// All URLs known to a crawl, and their state.
///
/// Invariants: a URL is queued, leased or ended, and counted as exactly that. Everything queued up to a host's read position
/// is a head or leased. A batch goes to the store after every link of its settlements is decided.
#[derive(Debug)]
pub(crate) struct Frontier {
    pub(super) config: Config,
    /// Which URLs belong to the crawl.
    pub(super) scope: CrawlScope,
    /// Patterns of URLs without end.
    pub(super) traps: Traps,
    /// Number of hosts per domain.
    pub(super) subdomains: Subdomains,
    /// What is known about URLs without the store.
    pub(super) known: KnownUrls,
    pub(super) hosts: HostTable,
    pub(super) inactive: InactiveHosts,
    /// Which host may be asked next, and when.
    pub(super) schedule: HostSchedule,
    pub(super) leases: Leases,
    /// What is on its way to the store.
    pub(super) commits: Commits,
    /// The seeds of this run that have not ended, and those that failed.
    pub(super) seeds: SeedLog,
    /// Number of the last commit before this process: it identifies the process.
    pub(super) run: u64,
    /// The shortest known ways to recent URLs; empty if no link to a known URL matters.
    pub(super) depths: RecentDepths,
    /// The reading of the URLs set aside.
    pub(super) aside: AsideReading,
}

impl Frontier {
    /// The frontier over the last commit and the partitions granted.
    ///
    /// # Errors
    /// If the counters or a row of a side table are corrupt.
    pub(crate) fn new(
        config: Config,
        scope: Scope,
        recovered: &Recovered,
        side_rows: &[(Bytes, Bytes)],
        grants: &[Grant],
    ) -> Result<Self, StoreError> {
        let mut meta = Meta::decode(&recovered.meta)?;
        // The first commit of a crawl only has the positions of its outputs.
        let start = if meta.balance.admitted == 0 { CrawlStart::New } else { CrawlStart::Resumed };
        let (scope, rows) = CrawlScope::new(scope, side_rows, &std::mem::take(&mut meta.widened), start)?;
        let mut commits = Commits::new(recovered.number, meta, grants, config.store.commit_batch)?;
        commits.open().side_rows.extend(rows.into_iter().map(|(key, row)| (key, Some(row))));
        Ok(Self {
            scope,
            traps: Traps::new(config.traps.clone()),
            subdomains: Subdomains::new(config.traps.subdomains, side_rows)?,
            known: KnownUrls::new(config.hot_set, config.bloom, start),
            hosts: HostTable::new(config.store.hosts),
            inactive: InactiveHosts::new(commits.counters().urls().queued, start, grants),
            schedule: HostSchedule::new(&config),
            leases: Leases::default(),
            seeds: SeedLog::default(),
            commits,
            run: recovered.number,
            depths: RecentDepths::new(config.hot_set),
            aside: AsideReading::default(),
            config,
        })
    }

    /// Adds rows of other parts to the next commit.
    pub(crate) fn add_side_rows(&mut self, rows: Vec<ChangedRow>) {
        self.commits.open().side_rows.extend(rows);
    }

    /// Lets lost leases be given back without an attempt counted, because the pipeline stops.
    pub(crate) fn stop(&mut self) {
        self.leases.stop();
    }

    /// Queues a host as its state requires, and has its heads refilled if necessary.
    pub(super) fn wake(&mut self, slot: usize, now: Mono) {
        let Some(host) = self.hosts.active_mut(slot) else { return };
        let parked = self.schedule.enqueue(slot, host, now);
        self.commits.counters_mut().park(parked);
    }
}
