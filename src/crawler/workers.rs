//! Fetchers and Parsers, and the threads they run on.

use std::{num::NonZero, sync::Arc, thread::available_parallelism};

use actix::{Actor, Arbiter, Recipient};
use log::info;
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

/// Threads per arbiter for blocking work, which only libraries have.
const BLOCKING_THREADS: usize = 1;

/// Threads of a pipeline's Fetchers and Parsers, and what these actors are built from.
pub(super) struct Workers<'p> {
    plan: &'p Plan,
    clock: Clock,
    pub(super) gauges: Gauges,
    exits: UnboundedSender<ThreadExit>,
    /// Each runs Fetchers and Parsers.
    workers: Vec<Arbiter>,
    /// Each runs one Parser, for pages that would delay a worker's sockets.
    offload: Vec<Arbiter>,
}

impl<'p> Workers<'p> {
    /// Starts the threads, without actors.
    pub(super) fn new(plan: &'p Plan, clock: Clock, exits: UnboundedSender<ThreadExit>) -> Self {
        let workers = match plan.config.runtime.workers {
            0 => available_parallelism().map_or(1, NonZero::get),
            workers => workers,
        };
        Self {
            plan,
            clock,
            gauges: Gauges::default(),
            exits,
            workers: (0..workers).map(|_| arbiter()).collect(),
            offload: (0..plan.config.parser.offload_actors).map(|_| arbiter()).collect(),
        }
    }

    /// Returns all threads, in the order in which they are to be stopped.
    pub(super) fn into_arbiters(self) -> impl Iterator<Item = Arbiter> {
        self.workers.into_iter().chain(self.offload)
    }

    pub(super) fn liveness(&self, name: impl Into<String>) -> LivenessGuard {
        LivenessGuard::new(name, self.exits.clone())
    }

    /// Starts Parsers and Fetchers; returns the Fetchers.
    ///
    /// A Fetcher uses the Parsers of its own worker, those of workers without a Fetcher, and those with their own threads.
    /// If its worker has no Parser, it uses the Parsers of all workers.
    pub(super) fn fetchers(&self, sink: &Recipient<Export>) -> Vec<FetcherHandle> {
        let inline = self.inline_parsers(sink);
        self.log_start(&inline);
        let offload = self.offload.iter().enumerate();
        let offload: Vec<_> =
            offload.map(|(index, arbiter)| self.parser(format!("offload parser {index}"), sink, arbiter)).collect();
        let all_inline = inline.concat();
        // An actor that no other part knows would stop at once.
        let unattached: Vec<_> = inline.iter().skip(self.fetcher_count()).flatten().cloned().collect();
        let inline_limit = self.plan.config.parser.inline_limit.len();
        let workers = self.workers.iter().zip(&inline).cycle();
        let start = |(index, (worker, local)): (usize, (&Arbiter, &Vec<Recipient<Parse>>))| {
            let inline = if local.is_empty() { all_inline.clone() } else { [&local[..], &unattached].concat() };
            let parsers = ParserPool::new(inline, offload.clone(), inline_limit);
            self.fetcher(format!("fetcher {index}"), parsers, worker)
        };
        (0..self.fetcher_count()).zip(workers).map(start).collect()
    }

    /// Starts the Parsers of each worker.
    fn inline_parsers(&self, sink: &Recipient<Export>) -> Vec<Vec<Recipient<Parse>>> {
        let count = match self.plan.config.parser.actors {
            0 => self.workers.len(),
            actors => actors,
        };
        let mut parsers: Vec<Vec<_>> = self.workers.iter().map(|_| Vec::new()).collect();
        let worker_indexes = (0..self.workers.len()).cycle();
        for (index, worker_index) in (0..count).zip(worker_indexes) {
            if let (Some(worker), Some(local)) = (self.workers.get(worker_index), parsers.get_mut(worker_index)) {
                local.push(self.parser(format!("parser {index}"), sink, worker));
            }
        }
        parsers
    }

    fn parser(&self, name: String, sink: &Recipient<Export>, arbiter: &Arbiter) -> Recipient<Parse> {
        let setup = parser::Setup {
            config: self.plan.sections.parser.clone(),
            statuses: self.plan.statuses.clone(),
            max_body: self.plan.config.fetcher.max_body,
            over_limit: self.plan.config.fetcher.over_limit,
            robots_policy: self.plan.robots_directives(),
            refreshes: self.plan.refreshes(),
            router: self.plan.router.clone(),
            sink: sink.clone(),
            gauges: self.gauges.clone(),
            crash_guard: self.plan.crash_guard.clone(),
            liveness: self.liveness(name),
        };
        Parser::start_in_arbiter(&arbiter.handle(), move |_| Parser::new(setup)).recipient()
    }

    fn fetcher(&self, name: String, parsers: ParserPool, worker: &Arbiter) -> FetcherHandle {
        let statuses = self.plan.statuses.clone();
        let setup = fetcher::Setup {
            config: self.plan.sections.fetcher.clone(),
            identity: self.plan.identity.clone(),
            robots_agent: self.plan.config.crawl.robots_agent(),
            statuses: Arc::new(move |status| statuses.admit(status)),
            parsers,
            clock: self.clock,
            fetchers: self.fetcher_count(),
            network: self.plan.network.clone(),
            liveness: self.liveness(name),
        };
        let fetcher = Fetcher::start_in_arbiter(&worker.handle(), move |_| Fetcher::new(setup));
        let (recipient, revoke) = (fetcher.clone().recipient(), fetcher.recipient());
        FetcherHandle { recipient, revoke, in_flight: Gauge::default() }
    }

    fn fetcher_count(&self) -> usize {
        match self.plan.config.fetcher.actors {
            0 => self.workers.len(),
            actors => actors,
        }
    }

    fn log_start(&self, parsers: &[Vec<Recipient<Parse>>]) {
        let (count, workers) = (self.fetcher_count(), self.workers.len());
        for (worker, parsers) in parsers.iter().enumerate() {
            let fetchers = count / workers + usize::from(worker < count % workers);
            info!(worker, fetchers, parsers = parsers.len(); "worker started");
        }
        let offload = self.plan.config.parser.offload_actors;
        info!(workers, fetchers = count, offload_parsers = offload; "pipeline started");
    }
}

/// Starts an event loop on a thread of its own.
pub(super) fn arbiter() -> Arbiter {
    Arbiter::with_tokio_rt(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        // This needs a few open files, whose number was checked at the start; without event loops there is no crawl.
        builder.enable_all().max_blocking_threads(BLOCKING_THREADS).build().expect("the system provides an event loop")
    })
}
