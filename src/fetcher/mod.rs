//! The Fetchers: each lease is fetched in a task of its own, and goes on to a Parser or home.
//!
//! A lease takes one of these ways: what came is a page ([`page`]), or a host's robots.txt ([`robots`]). Both ask through
//! the [`client`], which keeps the time and turns every failure into a [`FetchError`](crate::failure::FetchError);
//! [`verdict`] decides by the head what is worth reading, and [`body`] reads it, with a reservation for every byte.

pub(crate) mod client;
mod config;
mod identity;
mod page_task;
mod parser_pool;
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

use self::client::{Client, body_memory::BodyMemory};
use crate::{
    messages::{
        Fetch,
        lease::{FetchInfo, Lease, LeaseKind},
        settlement_batch::SharedSettlementBatch,
    },
    outcome::Outcome,
    runtime::{clock::Clock, liveness::LivenessGuard},
    transport::{Exchange, NetworkContext},
};

/// Whether an answer with a status goes to the Parsers, whatever its request says (`parser.statuses`).
pub(crate) type Statuses = Arc<dyn Fn(u16) -> bool + Send + Sync>;

/// Connections that are kept too long are looked for at most so often.
const SHORTEST_SWEEP: Duration = Duration::from_secs(1);

/// What a Fetcher is made of.
pub(crate) struct Setup {
    /// `[fetcher]`
    pub(crate) config: Arc<Config>,
    /// Who the crawl is towards servers.
    pub(crate) identity: Identity,
    /// What robots.txt knows the crawler by: begins with its product token.
    pub(crate) robots_agent: String,
    /// Which answers go to the Parsers.
    pub(crate) statuses: Statuses,
    /// Where pages go.
    pub(crate) parsers: ParserPool,
    /// The time.
    pub(crate) clock: Clock,
    /// How many Fetchers there are: each keeps its share of `fetcher.idle` connections.
    pub(crate) fetchers: usize,
    /// What lies between the crawler and the servers.
    pub(crate) outside: NetworkContext,
    /// Reports this Fetcher's death.
    pub(crate) vital: LivenessGuard,
}

/// Fetches leases, all at the same time: whoever lends them bounds their number.
pub(crate) struct Fetcher {
    shared: Rc<FetcherShared>,
    _vital: LivenessGuard,
}

/// What the tasks of one Fetcher share.
struct FetcherShared {
    config: Arc<Config>,
    client: Client,
    clock: Clock,
    statuses: Statuses,
    robots_agent: String,
    parsers: ParserPool,
    settlements: SharedSettlementBatch,
    room: BodyMemory,
}

impl Fetcher {
    /// A Fetcher with connections of its own; to be made on the thread it runs on.
    pub(crate) fn new(setup: Setup) -> Self {
        let Setup { config, identity, robots_agent, statuses, parsers, clock, .. } = setup;
        let Setup { fetchers, outside, vital, .. } = setup;
        let client = Client::new(&config, &identity, outside, fetchers, clock);
        let shared = FetcherShared {
            config,
            client,
            clock,
            statuses,
            robots_agent,
            parsers,
            settlements: SharedSettlementBatch::default(),
            room: BodyMemory::default(),
        };
        Self { shared: Rc::new(shared), _vital: vital }
    }
}

impl Actor for Fetcher {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        let interval = self.shared.config.keep_alive.max(SHORTEST_SWEEP);
        context.run_interval(interval, |fetcher, _| fetcher.shared.client.sweep());
    }
}

impl Handler<Fetch> for Fetcher {
    type Result = ();

    fn handle(&mut self, Fetch(leases): Fetch, _: &mut Context<Self>) {
        // Counted where they were dealt: what is on its way here takes room, too.
        for lease in leases {
            let shared = self.shared.clone();
            let exchange = Exchange::new(shared.clock);
            // Not a future of the context, which polls all of its futures whenever one of them wakes.
            actix_rt::spawn(exchange.clone().scope(async move { shared.fetch(lease, &exchange).await }));
        }
    }
}

impl FetcherShared {
    async fn fetch(&self, lease: Lease, exchange: &Exchange) {
        match lease.assignment().lease_id.kind {
            LeaseKind::Page => self.page(lease, exchange).await,
            LeaseKind::Robots => self.robots(lease, exchange).await,
            LeaseKind::Address => self.address(lease).await,
        }
    }

    /// Looks up the address of a lease's host, and no more; the lease goes home.
    async fn address(&self, lease: Lease) {
        let address = self.client.look_up(lease.request()).await;
        self.settle(lease, FetchInfo { address, ..FetchInfo::default() }, Outcome::Done);
    }
}

#[cfg(test)]
mod tests;
