//! The actors that there are several of, and the threads they run on.

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use actix::{Actor, Arbiter, Recipient};
use tokio::sync::mpsc::UnboundedSender;

use super::plan::Plan;
use crate::{
    fetcher::{self, Fetcher, ParserPool},
    messages::{Export, Parse},
    parser::{self, Parser},
    runtime::{
        clock::Clock,
        gauges::{Gauge, Gauges},
        liveness::{LivenessGuard, ThreadExit},
    },
    scheduler::FetcherHandle,
};

/// Threads of a worker for what blocks: none of it is our own.
const BLOCKING_THREADS: usize = 1;

/// What the actors are built with.
pub(super) struct Workers<'p> {
    plan: &'p Plan,
    clock: Clock,
    pub(super) gauges: Gauges,
    deaths: UnboundedSender<ThreadExit>,
    /// Fetchers and Parsers side by side.
    workers: Vec<Arbiter>,
    /// One Parser each, for what would stall a worker.
    offload: Vec<Arbiter>,
}

impl<'p> Workers<'p> {
    /// The parts' threads, without any actor yet.
    pub(super) fn new(plan: &'p Plan, clock: Clock, deaths: UnboundedSender<ThreadExit>) -> Self {
        let workers = match plan.config.runtime.workers {
            0 => available_parallelism().map_or(1, NonZero::get),
            workers => workers,
        };
        Self {
            plan,
            clock,
            gauges: Gauges::default(),
            deaths,
            workers: (0..workers).map(|_| arbiter()).collect(),
            offload: (0..plan.config.parser.offload_actors).map(|_| arbiter()).collect(),
        }
    }

    /// All threads, to be ended in this order.
    pub(super) fn into_arbiters(self) -> impl Iterator<Item = Arbiter> {
        self.workers.into_iter().chain(self.offload)
    }

    pub(super) fn vital(&self, name: impl Into<String>) -> LivenessGuard {
        LivenessGuard::new(name, self.deaths.clone())
    }

    /// The Fetchers, each with the Parsers of its worker if there are any, with those of workers without a Fetcher, and with
    /// all that have threads of their own.
    pub(super) fn fetchers(&self, sink: &Recipient<Export>) -> Vec<FetcherHandle> {
        let inline = self.inline_parsers(sink);
        self.log(&inline);
        let named = self.offload.iter().enumerate();
        let offload: Vec<_> =
            named.map(|(index, arbiter)| self.parser(format!("offload parser {index}"), sink, arbiter)).collect();
        let everywhere = inline.concat();
        // A Parser that no Fetcher knows would end at once.
        let lone: Vec<_> = inline.iter().skip(self.fetcher_count()).flatten().cloned().collect();
        let inline_limit = self.plan.config.parser.inline_limit.len();
        let places = self.workers.iter().zip(&inline).cycle();
        let start = |(index, (worker, here)): (usize, (&Arbiter, &Vec<Recipient<Parse>>))| {
            let inline = if here.is_empty() { everywhere.clone() } else { [&here[..], &lone].concat() };
            let parsers = ParserPool::new(inline, offload.clone(), inline_limit);
            self.fetcher(format!("fetcher {index}"), parsers, worker)
        };
        (0..self.fetcher_count()).zip(places).map(start).collect()
    }

    /// The Parsers of each worker.
    fn inline_parsers(&self, sink: &Recipient<Export>) -> Vec<Vec<Recipient<Parse>>> {
        let count = match self.plan.config.parser.actors {
            0 => self.workers.len(),
            actors => actors,
        };
        let mut parsers: Vec<Vec<_>> = self.workers.iter().map(|_| Vec::new()).collect();
        let places = (0..self.workers.len()).cycle();
        for (index, place) in (0..count).zip(places) {
            if let (Some(worker), Some(here)) = (self.workers.get(place), parsers.get_mut(place)) {
                here.push(self.parser(format!("parser {index}"), sink, worker));
            }
        }
        parsers
    }

    fn parser(&self, name: String, sink: &Recipient<Export>, arbiter: &Arbiter) -> Recipient<Parse> {
        let setup = parser::Setup {
            config: self.plan.config.parser.clone(),
            statuses: self.plan.statuses.clone(),
            max_body: self.plan.config.fetcher.max_body,
            over_limit: self.plan.config.fetcher.over_limit,
            manners: self.plan.manners(),
            refreshes: self.plan.refreshes(),
            discovery: self.plan.config.discovery.clone(),
            router: self.plan.router.clone(),
            sink: sink.clone(),
            gauges: self.gauges.clone(),
            parsing: self.plan.parsing.clone(),
            vital: self.vital(name),
        };
        Parser::start_in_arbiter(&arbiter.handle(), move |_| Parser::new(setup)).recipient()
    }

    fn fetcher(&self, name: String, parsers: ParserPool, worker: &Arbiter) -> FetcherHandle {
        let statuses = self.plan.statuses.clone();
        let setup = fetcher::Setup {
            config: Arc::new(self.plan.config.fetcher.clone()),
            identity: self.plan.identity.clone(),
            robots_agent: self.plan.config.crawl.robots_agent(),
            statuses: Arc::new(move |status| statuses.admit(status)),
            parsers,
            clock: self.clock,
            fetchers: self.fetcher_count(),
            outside: self.plan.outside.clone(),
            vital: self.vital(name),
        };
        let address = Fetcher::start_in_arbiter(&worker.handle(), move |_| Fetcher::new(setup)).recipient();
        FetcherHandle { address, under_way: Gauge::default() }
    }

    fn fetcher_count(&self) -> usize {
        match self.plan.config.fetcher.actors {
            0 => self.workers.len(),
            actors => actors,
        }
    }

    /// Says how many of each run where.
    fn log(&self, parsers: &[Vec<Recipient<Parse>>]) {
        let (count, workers) = (self.fetcher_count(), self.workers.len());
        for (worker, parsers) in parsers.iter().enumerate() {
            let fetchers = count / workers + usize::from(worker < count % workers);
            log::info!(worker, fetchers, parsers = parsers.len(); "worker started");
        }
        let offload = self.plan.config.parser.offload_actors;
        log::info!(workers, fetchers = count, offload_parsers = offload; "pipeline started");
    }
}

/// An event loop on a thread of its own.
pub(super) fn arbiter() -> Arbiter {
    Arbiter::with_tokio_rt(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        // A system that gives no event loop at the start gives none later either, and there is no crawl without one.
        builder.enable_all().max_blocking_threads(BLOCKING_THREADS).build().expect("the system gives an event loop")
    })
}
