//! A frontier over a memory store, driven by hand.

use std::time::Duration;

use crate::{
    base::time::{Mono, Now, Wall},
    frontier::{
        Frontier,
        assignment::{Assignment, FetchInfo, Outlink, PageFindings, Settlement},
        config::Config,
        politeness::{self, Obedience},
        scope::{self, Scope, ScopeKind, discovery, traps},
    },
    http::request::Request,
    keys::UrlKey,
    outcome::Outcome,
    robots::{Robots, RobotsAnswer},
    store::{self, MemoryStore, Store as _},
};

/// Settings without robots.txt, jitter and a limit per address.
pub(super) fn config() -> Config {
    Config {
        politeness: politeness::Config {
            robots: Obedience::Ignore,
            jitter: 0.0,
            ip_concurrency: politeness::IpConcurrency::Limit(0),
            ..politeness::Config::default()
        },
        retry: politeness::retry::Config::default(),
        overrides: Vec::new(),
        scope: scope::Config::default(),
        discovery: discovery::Config { sitemaps: discovery::Sitemaps::Robots, ..discovery::Config::default() },
        traps: traps::Config::default(),
        store: store::Config::default(),
        wait: Duration::from_secs(600),
        redirects: 3,
        slots: 1_024,
        hot_set: 1 << 16,
        bloom: 1 << 16,
        is_proxied: false,
        generation: 1,
        seed: 1,
    }
}

/// A scope with all URLs.
pub(super) fn scope() -> Scope {
    Scope::new(scope::Config { kind: ScopeKind::Any, ..scope::Config::default() }).unwrap()
}

pub(super) fn request(url: &str) -> Request {
    Request::get(url.parse().unwrap())
}

pub(super) fn outlink(request: Request) -> Outlink {
    Outlink { key: UrlKey::from_request(&request), request }
}

/// The time `millis` after the start.
pub(super) fn at(millis: u64) -> Now {
    Now { mono: Mono(millis * 1_000_000), wall: Wall(1_000_000_000 + millis) }
}

/// The settlement of a lease whose request took no time.
pub(super) fn settlement(assignment: &Assignment, outcome: Outcome, now: Now, outlinks: Vec<Outlink>) -> Settlement {
    let fetch_info = FetchInfo { started: Some(now.mono), ended: now.mono, ..FetchInfo::default() };
    let findings = PageFindings { outlinks, records: 1, ..PageFindings::default() };
    Settlement { lease_id: assignment.lease_id, outcome, fetch_info, findings }
}

/// The outcome of a robots.txt lease.
pub(super) fn rules(robots: &str) -> Outcome {
    Outcome::Robots(RobotsAnswer::Rules(Robots::parse(robots.as_bytes(), "lycosa").into()))
}

/// A frontier and its store.
pub(super) struct Harness {
    pub(super) frontier: Frontier,
    store: MemoryStore,
}

impl Harness {
    pub(super) fn new(config: Config) -> Self {
        let mut store = MemoryStore::new();
        let (recovered, grants) = (store.recover().unwrap(), store.claim_partitions(Wall(0), &[]).unwrap());
        Self { frontier: Frontier::new(config, scope(), &recovered, &[], &grants).unwrap(), store }
    }

    pub(super) fn submit<'a>(&mut self, urls: impl IntoIterator<Item = &'a str>) {
        self.frontier.submit(urls.into_iter().map(request).collect(), at(0));
    }

    /// Runs queries and commits, as a store without delay would.
    pub(super) fn run_store(&mut self, now: Now) {
        while let Some(query) = self.frontier.query(now) {
            let result = self.store.reader().query(&query).unwrap();
            self.frontier.apply_result(result, now).unwrap();
        }
        if let Some(number) = self.frontier.flush() {
            self.frontier.cut(number);
            self.frontier.flushed(number, Vec::new());
        }
        if let Some(commit) = self.frontier.commit(now) {
            self.store.commit(&commit).unwrap();
            self.frontier.committed(commit.number, now);
        }
        self.frontier.audit().check().unwrap();
    }

    pub(super) fn next_lease(&mut self, now: Now) -> Option<Assignment> {
        self.run_store(now);
        self.frontier.next_lease(now)
    }

    /// Issues all leases that are possible now.
    pub(super) fn leases(&mut self, now: Now) -> Vec<Assignment> {
        std::iter::from_fn(|| self.next_lease(now)).collect()
    }

    /// Settles a lease without outlinks.
    pub(super) fn settle(&mut self, assignment: &Assignment, outcome: Outcome, now: Now) {
        self.frontier.settle(settlement(assignment, outcome, now, Vec::new()), now);
    }
}
