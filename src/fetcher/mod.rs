//! The Fetchers: each lease is fetched in its own task, and then goes to a Parser or is settled.
//!
//! | file or folder | contents |
//! |---|---|
//! | `mod` | the actor [`Fetcher`] |
//! | `page_task`, `robots_task` | the task of a page, and of a robots.txt |
//! | `progress` | finds leases that stall, and ends those that are revoked |
//! | `triage` | what to do with a response, decided by its head |
//! | `client/` | the HTTP client, which turns every failure into a [`FetchError`](crate::failure::FetchError) |
//! | `parser_pool` | selects the Parser of a page |
//! | `identity` | user agent, cookies and credentials |
//! | `trace` | single requests outside of a crawl, with times |
//! | `config` | the section `[fetcher]` |

pub(crate) mod client;
mod config;
mod identity;
mod page_task;
mod parser_pool;
mod progress;
mod robots_task;
mod trace;
mod triage;

use std::{rc::Rc, sync::Arc, time::Duration};

use actix::{Actor, AsyncContext, Context, Handler};

pub(crate) use client::body::Body;
pub(crate) use client::cookies::Cookies;
pub(crate) use client::proxy::Environment;
pub use client::proxy::ProxyConfig;
pub(crate) use config::{Config, Timeouts};
pub(crate) use identity::Identity;
pub(crate) use parser_pool::ParserPool;
pub(crate) use trace::{Failed, Tracer};
pub use trace::{Hop, Times};

use self::{
    client::{Client, body_memory::BodyMemory},
    progress::Progress,
};
use crate::{
    messages::{
        Fetch, Revoke,
        lease::{FetchInfo, Lease, LeaseKind},
        settlement_batch::SharedSettlementBatch,
    },
    outcome::Outcome,
    runtime::{clock::Clock, liveness::LivenessGuard},
    transport::{Exchange, NetworkContext},
};

/// Returns true if responses with this status go to the Parsers (`parser.statuses`).
pub(crate) type Statuses = Arc<dyn Fn(u16) -> bool + Send + Sync>;

/// Minimum interval between two searches for idle connections.
const MIN_SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Interval between two searches for stalled leases.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// Parts of a Fetcher.
pub(crate) struct Setup {
    /// `[fetcher]`
    pub(crate) config: Arc<Config>,
    /// User agent, cookies and credentials of the crawl.
    pub(crate) identity: Identity,
    /// Name of the crawler in robots.txt. It starts with its product token.
    pub(crate) robots_agent: String,
    /// Selects the responses that go to the Parsers.
    pub(crate) statuses: Statuses,
    /// Receives pages.
    pub(crate) parsers: ParserPool,
    /// Clock of the crawl.
    pub(crate) clock: Clock,
    /// Number of Fetchers. Each keeps its share of the `fetcher.idle` connections.
    pub(crate) fetchers: usize,
    /// Guard, name lookup and TLS.
    pub(crate) network: NetworkContext,
    /// Reports the end of the Fetcher.
    pub(crate) liveness: LivenessGuard,
}

/// Actor that fetches leases, all at the same time. The Scheduler bounds their number.
pub(crate) struct Fetcher {
    shared: Rc<FetcherShared>,
    _liveness: LivenessGuard,
}

/// State shared by the tasks of a Fetcher.
struct FetcherShared {
    config: Arc<Config>,
    client: Client,
    clock: Clock,
    statuses: Statuses,
    robots_agent: String,
    parsers: ParserPool,
    settlements: SharedSettlementBatch,
    body_memory: BodyMemory,
    progress: Progress,
}

impl Fetcher {
    /// Creates a Fetcher with its own connections. Must be called on the thread on which it runs.
    pub(crate) fn new(setup: Setup) -> Self {
        let Setup { config, identity, robots_agent, statuses, parsers, clock, .. } = setup;
        let Setup { fetchers, network, liveness, .. } = setup;
        let client = Client::new(config.clone(), &identity, network, fetchers, clock);
        let shared = FetcherShared {
            config,
            client,
            clock,
            statuses,
            robots_agent,
            parsers,
            settlements: SharedSettlementBatch::default(),
            body_memory: BodyMemory::default(),
            progress: Progress::default(),
        };
        Self { shared: Rc::new(shared), _liveness: liveness }
    }
}

impl Actor for Fetcher {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        let interval = self.shared.config.keep_alive.max(MIN_SWEEP_INTERVAL);
        context.run_interval(interval, |fetcher, _| fetcher.shared.client.sweep());
        context.run_interval(PROGRESS_INTERVAL, |fetcher, _| {
            fetcher.shared.progress.report_stalled(fetcher.shared.clock.mono());
        });
    }
}

impl Handler<Fetch> for Fetcher {
    type Result = ();

    fn handle(&mut self, Fetch(leases): Fetch, _: &mut Context<Self>) {
        // The Scheduler has already counted these leases: messages on their way here count, too.
        for lease in leases {
            let shared = self.shared.clone();
            let exchange = Exchange::new(shared.clock);
            // Not a future of the context: that would poll all its futures whenever one wakes.
            actix_rt::spawn(exchange.clone().scope(async move { shared.fetch(lease, &exchange).await }));
        }
    }
}

impl Handler<Revoke> for Fetcher {
    type Result = ();

    fn handle(&mut self, Revoke(serials): Revoke, _: &mut Context<Self>) {
        // Without a network every lease stalls. Then it says nothing about their hosts, and the requests wait for it.
        if !self.shared.client.has_lost_network() {
            self.shared.progress.revoke(&serials);
        }
    }
}

impl FetcherShared {
    async fn fetch(&self, lease: Lease, exchange: &Rc<Exchange>) {
        match lease.assignment().lease_id.kind {
            LeaseKind::Page => self.page(lease, exchange).await,
            LeaseKind::Robots => self.robots(lease, exchange).await,
            LeaseKind::Address => self.address(lease).await,
        }
    }

    /// Settles a revoked lease.
    fn revoked(&self, lease: Lease, fetch_info: FetchInfo, exchange: &Exchange) {
        let started = exchange.started().or(fetch_info.started);
        self.settle(lease, FetchInfo { started, ..fetch_info }, Outcome::Revoked);
    }

    /// Only looks up the address of a lease's host, and settles the lease.
    async fn address(&self, lease: Lease) {
        let address = self.client.look_up(lease.request()).await;
        self.settle(lease, FetchInfo { address, ..FetchInfo::default() }, Outcome::Done);
    }
}

#[cfg(test)]
mod tests;
