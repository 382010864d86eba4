//! The frontier as a whole. Each part owns its state; `impl Frontier` in other files connects them.

use super::{
    commit::{Commits, Meta},
    config::Config,
    crawl_start::CrawlStart,
    hosts::{HostTable, InactiveHosts},
    leases::Leases,
    politeness::HostSchedule,
    scope::{Scope, crawl_scope::CrawlScope, traps::Traps},
    seen::known_urls::KnownUrls,
};
use crate::{
    base::time::Mono,
    http::request::Request,
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
    /// What is known about URLs without the store.
    pub(super) known: KnownUrls,
    pub(super) hosts: HostTable,
    pub(super) inactive: InactiveHosts,
    /// Which host may be asked next, and when.
    pub(super) schedule: HostSchedule,
    pub(super) leases: Leases,
    /// What is on its way to the store.
    pub(super) commits: Commits,
    /// Number of the last commit before this process: it identifies the process.
    pub(super) run: u64,
}

impl Frontier {
    /// The frontier over the last commit and the partitions granted.
    #[must_use]
    pub(crate) fn new(config: Config, scope: Scope, recovered: &Recovered, grants: &[Grant]) -> Self {
        let mut meta = Meta::decode(&recovered.meta);
        // The first commit of a crawl only has the positions of its outputs.
        let start = if meta.balance.admitted == 0 { CrawlStart::New } else { CrawlStart::Resumed };
        let scope = CrawlScope::new(scope, std::mem::take(&mut meta.widened), start);
        let commits = Commits::new(recovered.number, meta, grants, config.store.commit_batch);
        Self {
            scope,
            traps: Traps::new(config.traps.clone()),
            known: KnownUrls::new(config.hot_set, config.bloom, start),
            hosts: HostTable::new(config.store.hosts),
            inactive: InactiveHosts::new(commits.counters().urls().queued, start, grants),
            schedule: HostSchedule::new(&config),
            leases: Leases::default(),
            commits,
            run: recovered.number,
            config,
        }
    }

    /// Lets lost leases be given back without an attempt counted, because the pipeline stops.
    pub(crate) fn stop(&mut self) {
        self.leases.stop();
    }

    /// Remembers a seed that may not come again, so that what it adds to the scope is kept across a restart.
    pub(crate) fn remember_seed(&mut self, seed: &Request) {
        let seed = self.scope.current().rewritten(seed.clone());
        if self.scope.current().admits_seed(seed.url()).is_ok() {
            self.scope.remember(seed.url());
        }
    }

    /// Queues a host as its state requires, and has its heads refilled if necessary.
    pub(super) fn wake(&mut self, slot: usize, now: Mono) {
        let Some(host) = self.hosts.active_mut(slot) else { return };
        let parked = self.schedule.enqueue(slot, host, now);
        self.commits.counters_mut().park(parked);
    }
}
