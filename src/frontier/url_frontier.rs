//! The frontier as a whole.

use std::{collections::BTreeMap, sync::Arc};

use hashbrown::{HashMap, HashSet};
use slab::Slab;
use url::Url;

use super::{
    admission::PendingLink,
    balance::Balance,
    commit::{self, batch::Batch},
    config::Config,
    hosts::{Host, inactive::InactiveHosts},
    leases::Leased,
    politeness::{host_override, limiter::Limiters, ready_queue::ReadyQueue, unresponsive::UnresponsiveCap},
    scope::{Scope, traps::Traps},
    seen::Seen,
};
use crate::{
    base::stats::Stats,
    http::request::Request,
    keys::{HostKey, Partition, UrlKey},
    store::{Grant, Query, Recovered},
};

/// Redirects of seeds, and seeds that came through pipes, whose surroundings are remembered across a restart, at most;
/// each is written with every commit.
const MAX_WIDENED: usize = 1000;

/// Everything known about the crawl's URLs.
#[derive(Debug)]
pub(crate) struct Frontier {
    pub(super) config: Config,
    pub(super) scope: Arc<Scope>,
    pub(super) luck: fastrand::Rng,
    /// By index: the usual one, and one for each of `config.overlays`.
    pub(super) policies: Vec<host_override::Policy>,
    /// Boxed: a million pass through here, and a table that grows would hold all of them twice.
    pub(super) hosts: Slab<Box<Host>>,
    pub(super) slots: HashMap<HostKey, usize>,
    pub(super) gates: Limiters,
    pub(super) schedule: ReadyQueue,
    pub(super) fairness: UnresponsiveCap,
    pub(super) seen: Seen,
    pub(super) traps: Traps,
    /// Links that the store must decide: bounded by the outlinks of the leases of two batches.
    pub(super) questions: BTreeMap<UrlKey, PendingLink>,
    /// The question that is out.
    pub(super) asked: Option<Query>,
    /// Hosts that want more heads.
    pub(super) hungry: HashSet<usize>,
    pub(super) rest: InactiveHosts,
    pub(super) leased: HashMap<u64, Leased>,
    /// Page leases by URL, to pass over their entries.
    pub(super) leased_urls: HashSet<UrlKey>,
    pub(super) serials: u64,
    /// The next `seq` of each partition.
    pub(super) seqs: BTreeMap<Partition, u64>,
    /// In order of number; the last is the open one. At most one before it is not committed yet.
    pub(super) batches: Vec<Batch>,
    /// Counters of everything that was offered, live.
    pub(super) totals: Balance,
    pub(super) stats: Stats,
    /// The same as of the last commit.
    pub(super) committed: Balance,
    pub(super) committed_stats: Stats,
    /// Where redirects of seeds led, and seeds that came through pipes: at most [`MAX_WIDENED`].
    pub(super) widened: Vec<Url>,
    /// The scope of those alone.
    pub(super) widened_scope: Scope,
    /// The last commit before this process.
    pub(super) run: u64,
    /// Whether an earlier process, or pipeline, has left something.
    pub(super) resumed: bool,
    /// Whether leases come home to be lent again: the pipeline stops.
    pub(super) stopping: bool,
}

impl Frontier {
    /// The frontier over what a store recovered and granted.
    #[must_use]
    pub(crate) fn new(config: Config, scope: Scope, recovered: &Recovered, grants: &[Grant]) -> Self {
        let commit::Meta { balance: committed, stats: committed_stats, widened, .. } =
            commit::Meta::decode(&recovered.meta);
        let (mut widened_scope, mut scope) = (scope.without_seeds(), scope);
        for url in &widened {
            scope.add_seed(url);
            widened_scope.add_seed(url);
        }
        // The first commit only holds the outputs as they were.
        let empty = committed.admitted == 0;
        let queued = committed.admitted.saturating_sub(committed.ended());
        Self {
            luck: fastrand::Rng::with_seed(config.seed),
            seen: Seen::new(config.hot_set, config.bloom, empty),
            fairness: UnresponsiveCap::new(config.slots),
            traps: Traps::new(config.traps.clone()),
            policies: host_override::policies(&config),
            config,
            scope: Arc::new(scope),
            hosts: Slab::new(),
            slots: HashMap::new(),
            gates: Limiters::default(),
            schedule: ReadyQueue::default(),
            questions: BTreeMap::new(),
            asked: None,
            hungry: HashSet::new(),
            rest: InactiveHosts::new(queued, !empty, grants),
            leased: HashMap::new(),
            leased_urls: HashSet::new(),
            serials: 0,
            seqs: commit::lookup::seqs(grants),
            batches: vec![Batch::new(recovered.number + 1)],
            totals: Balance { queued, ..committed },
            stats: committed_stats.clone(),
            committed,
            committed_stats,
            widened,
            widened_scope,
            run: recovered.number,
            resumed: !empty,
            stopping: false,
        }
    }

    /// Whether nothing is left to do: no lease out, no question open, every queued URL at a parked host.
    #[must_use]
    pub(crate) fn is_exhausted(&self) -> bool {
        self.leased.is_empty() && self.questions.is_empty() && self.totals.queued == 0
    }

    /// Leases out, those for robots.txt among them.
    #[must_use]
    pub(crate) fn leases_out(&self) -> usize {
        self.leased.len()
    }

    /// From now on a lost lease is no attempt: its URL stands where it stood.
    pub(crate) fn stop(&mut self) {
        self.stopping = true;
    }

    /// Notes a seed that may not come again, so that what it leads to belongs to the scope after a restart too.
    pub(crate) fn remember(&mut self, seed: &Request) {
        let seed = self.scope.rewritten(seed.clone());
        if self.scope.admits_seed(seed.url()).is_ok() {
            self.widen(seed.url());
        }
    }

    /// Notes what was added to the scope, so that it belongs to it after a restart too.
    pub(super) fn widen(&mut self, url: &Url) {
        if self.widened.len() < MAX_WIDENED && self.widened_scope.add_seed(url) {
            self.widened.push(url.clone());
        }
    }

    pub(super) fn open(&mut self) -> &mut Batch {
        // There is an open batch from `new` on, and `cut` opens the next before it closes one.
        match self.batches.last_mut() {
            Some(batch) => batch,
            None => unreachable!("the last batch is open"),
        }
    }

    pub(super) fn open_number(&self) -> u64 {
        self.batches.last().map_or(0, |batch| batch.number)
    }

    pub(super) fn batch(&mut self, number: u64) -> &mut Batch {
        // A question's batch waits for it, so it is there; the open one is where anything else belongs.
        match self.batches.iter().position(|batch| batch.number == number) {
            Some(index) => self.batches.get_mut(index).unwrap_or_else(|| unreachable!("just found")),
            None => self.open(),
        }
    }
}
