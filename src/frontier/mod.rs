//! The frontier: all URLs known and their state. Pure logic over the [`Store`](crate::store::Store)'s questions and
//! commits: no actor, no socket, no clock; `now` is an argument.
//!
//! | file | what |
//! |---|---|
//! | `door` | what is offered is a duplicate, refused, asked, or admitted |
//! | `deal` | which host's turn it is, and what it gives |
//! | `address` | where the address of a host counts |
//! | `fairness` | how many slots hosts may have that do not answer |
//! | `discovery` | the sitemaps that robots.txt files name |
//! | `clock` | what that says about the host as a whole |
//! | `prerequisite` | what came of its robots.txt |
//! | `quota` | what a host may cost |
//! | `throttle` | how much longer a host's delay is than configured |
//! | `traps` | URLs without end that mean few pages |
//! | `settle` | what comes home, and what becomes of it |
//! | `fate` | what the store keeps of what became of a URL |
//! | `notes` | what is noted down of refused links |
//! | `books` | what was offered, and where it is now |
//! | `commit` | batches: flush, cut, commit; questions and answers |
//! | `load` | questions to the store, and its answers |
//! | `encoded` | what the store keeps, as bytes |
//! | `rest` | which hosts are in memory |
//! | `seen` | what is known without asking the store |
//!
//! Invariants: a URL is queued, leased or ended, and counted as exactly that; everything queued up to a host's read
//! position is a head or leased; a batch goes to the store after every question its settlements raised is answered.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use hashbrown::{HashMap, HashSet};
use slab::Slab;
use url::Url;

use self::{
    admission::PendingLink,
    commit::batch::Batch,
    config::Config,
    hosts::{Host, inactive::InactiveHosts, ready_queue::ReadyQueue},
    politeness::{limiter::Limiters, unresponsive::UnresponsiveCap},
    scope::{Scope, traps::Traps},
    seen::Seen,
    settlement::Leased,
};
use crate::{
    base::{
        stats::Stats,
        time::{Mono, Now, Wall},
    },
    http::request::Request,
    keys::{HostKey, Partition, UrlKey},
    store::{Grant, Query, Recovered},
};

mod admission;
pub(crate) mod assignment;
mod balance;
pub(crate) mod commit;
pub(crate) mod config;
mod dispatch;
pub(crate) mod hosts;
mod invariant;
pub(crate) mod politeness;
pub(crate) mod scope;
mod seen;
mod settlement;
#[cfg(test)]
mod tests;

pub use balance::Balance;
pub use balance::HostCounts;
pub(crate) use commit::{Holdup, last_moment};
pub(crate) use hosts::parking::ParkReason;

/// Redirects of seeds, and seeds that came through pipes, whose surroundings are remembered across a restart, at most;
/// each is written with every commit.
const MAX_WIDENED: usize = 1000;

/// Everything known about the crawl's URLs.
#[derive(Debug)]
pub(crate) struct Frontier {
    config: Config,
    scope: Arc<Scope>,
    luck: fastrand::Rng,
    /// By index: the usual one, and one for each of `config.overlays`.
    policies: Vec<politeness::host_override::Policy>,
    /// Boxed: a million pass through here, and a table that grows would hold all of them twice.
    hosts: Slab<Box<Host>>,
    slots: HashMap<HostKey, usize>,
    gates: Limiters,
    schedule: ReadyQueue,
    fairness: UnresponsiveCap,
    seen: Seen,
    traps: Traps,
    /// Links that the store must decide: bounded by the outlinks of the leases of two batches.
    questions: BTreeMap<UrlKey, PendingLink>,
    /// The question that is out.
    asked: Option<Query>,
    /// Hosts that want more heads.
    hungry: HashSet<usize>,
    rest: InactiveHosts,
    leased: HashMap<u64, Leased>,
    /// Page leases by URL, to pass over their entries.
    leased_urls: HashSet<UrlKey>,
    serials: u64,
    /// The next `seq` of each partition.
    seqs: BTreeMap<Partition, u64>,
    /// In order of number; the last is the open one. At most one before it is not committed yet.
    batches: Vec<Batch>,
    /// Counters of everything that was offered, live.
    totals: Balance,
    stats: Stats,
    /// The same as of the last commit.
    committed: Balance,
    committed_stats: Stats,
    /// Where redirects of seeds led, and seeds that came through pipes: at most [`MAX_WIDENED`].
    widened: Vec<Url>,
    /// The scope of those alone.
    widened_scope: Scope,
    /// The last commit before this process.
    run: u64,
    /// Whether an earlier process, or pipeline, has left something.
    resumed: bool,
    /// Whether leases come home to be lent again: the pipeline stops.
    stopping: bool,
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
            policies: politeness::host_override::policies(&config),
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
    fn widen(&mut self, url: &Url) {
        if self.widened.len() < MAX_WIDENED && self.widened_scope.add_seed(url) {
            self.widened.push(url.clone());
        }
    }

    fn open(&mut self) -> &mut Batch {
        // There is an open batch from `new` on, and `cut` opens the next before it closes one.
        match self.batches.last_mut() {
            Some(batch) => batch,
            None => unreachable!("the last batch is open"),
        }
    }

    fn open_number(&self) -> u64 {
        self.batches.last().map_or(0, |batch| batch.number)
    }

    fn batch(&mut self, number: u64) -> &mut Batch {
        // A question's batch waits for it, so it is there; the open one is where anything else belongs.
        match self.batches.iter().position(|batch| batch.number == number) {
            Some(index) => self.batches.get_mut(index).unwrap_or_else(|| unreachable!("just found")),
            None => self.open(),
        }
    }
}

/// A jittered delay: `delay` times 1 to 1 + `jitter`.
fn jittered(delay: Duration, jitter: f64, luck: f64) -> Duration {
    if jitter <= 0.0 { delay } else { delay.mul_f64(1.0 + jitter * luck) }
}

/// Wall and monotonic time of a pause from now.
fn until(now: Now, pause: Duration) -> (Wall, Mono) {
    (now.wall + pause, now.mono + pause)
}
