//! One pipeline: its actors and threads, wired sink first, and its end.

use std::{num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use actix::{Actor, Addr, Arbiter, Recipient};
use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    oneshot,
};

use super::{
    Outlets,
    plan::{Plan, blocking},
    seeds,
};
use crate::{
    budget::Budget,
    clock::Clock,
    error::{Error, Result},
    fetcher::{self, Fetcher, Parsers},
    gauges::{Gauge, Gauges},
    message::{Drain, Export, Parse},
    parser::{self, Parser},
    report::{Finish, Report},
    scheduler::{self, Member, Scheduler},
    sink::{self, ExporterThread, Sink},
    store::{self, MemoryStore, Store, StoreError, StoreThreads},
    time::Mono,
    vital::{Death, Vital},
};

/// How long a thread may take to end before the process must: two pipelines never hold one file.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same after a halt, when the process ends anyway.
const IMPATIENCE: Duration = Duration::from_millis(500);

/// Threads of a worker for what blocks: looking up names.
const BLOCKING_THREADS: usize = 16;

/// The product token that robots.txt knows the crawler by.
const ROBOTS_AGENT: &str = "lycosa";

/// How a pipeline ended.
pub(super) enum Ended {
    /// With its work.
    Report(Report),
    /// Because the store cannot go on.
    Store(StoreError),
    /// By the death of one of its parts.
    Death(String),
}

/// The actors and threads of a crawl.
pub(super) struct Pipeline {
    scheduler: Addr<Scheduler>,
    arbiters: Vec<Arbiter>,
    exporters: Vec<ExporterThread>,
    store: StoreThreads,
    deaths: UnboundedReceiver<Death>,
    /// Gone once it has said something.
    end: Option<oneshot::Receiver<Result<Report, StoreError>>>,
    feeder: tokio::task::JoinHandle<()>,
}

/// What the parts are built with.
struct Parts<'p> {
    plan: &'p Plan,
    clock: Clock,
    gauges: Gauges,
    deaths: UnboundedSender<Death>,
    workers: Vec<Arbiter>,
}

impl Pipeline {
    /// Builds everything from the last commit: after a start, after a death, all the same.
    ///
    /// # Errors
    /// When an output is not what the commit says, or the system gives no thread.
    pub(super) async fn start(plan: &Plan, clock: Clock, mut store: MemoryStore, outlets: Outlets) -> Result<Self> {
        let (deaths_to, deaths) = unbounded_channel();
        let positions = store.recover()?.positions;
        let recovered = move || {
            let mut outlets = outlets;
            outlets.iter_mut().try_for_each(|outlet| outlet.recover(&positions))?;
            Ok(outlets)
        };
        let outlets = blocking(recovered).await?;
        let frontier = plan.frontier(&mut store, clock.now().wall)?;
        let (inlets, exporters) = sink::start(outlets, plan.config.store.durability, &deaths_to)?;
        let (reader, writer, store_threads) = store::start(Box::new(store), &deaths_to)?;

        let control = arbiter();
        let workers = (0..worker_count(plan)).map(|_| arbiter()).collect();
        let parts = Parts { plan, clock, gauges: Gauges::default(), deaths: deaths_to, workers };
        let (gauges, vital) = (parts.gauges.clone(), parts.vital("sink"));
        let sink = Sink::start_in_arbiter(&control.handle(), move |_| Sink::new(inlets, &gauges, vital));
        let (parsers, offload, offload_arbiters) = parts.parsers(&sink.clone().recipient());
        let fetchers = parts.fetchers(&parsers, &offload);
        parts.log(&parsers);

        let (end_to, end) = oneshot::channel();
        let config = &plan.config;
        let setup = scheduler::Setup {
            config: config.scheduler.clone(),
            limits: config.limits.clone(),
            commit_interval: config.store.commit_interval,
            stats_interval: config.log.stats_interval,
            frontier,
            fetchers,
            concurrency: config.fetcher.concurrency,
            sink: sink.recipient(),
            reader,
            writer,
            clock,
            began: Mono(0),
            gauges: parts.gauges.clone(),
            budget: Budget::new(config.scheduler.max_in_flight_bytes.0),
            observers: plan.observers.clone(),
            end: end_to,
            vital: parts.vital("scheduler"),
            until: plan.until,
        };
        let scheduler = Scheduler::start_in_arbiter(&control.handle(), move |_| Scheduler::new(setup));
        let seeds = config.seeds()?.chain(plan.seeds.clone());
        let feeder = seeds::feed(seeds, scheduler.clone().recipient(), scheduler.clone().recipient());
        let feeder = actix_rt::spawn(feeder);
        let arbiters = [control].into_iter().chain(offload_arbiters).chain(parts.workers).collect();
        Ok(Self { scheduler, arbiters, exporters, store: store_threads, deaths, end: Some(end), feeder })
    }

    /// Resolves when the pipeline has ended; may be dropped and called again before.
    pub(super) async fn ended(&mut self) -> Ended {
        if let Some(end) = &mut self.end {
            tokio::select! {
                biased;
                said = end => {
                    self.end = None;
                    match said {
                        Ok(Ok(report)) => return Ended::Report(report),
                        Ok(Err(error)) => return Ended::Store(error),
                        // The Scheduler is dead, and its death is on the way.
                        Err(_) => {}
                    }
                }
                Some(Death(cause)) = self.deaths.recv() => return Ended::Death(cause),
            }
        }
        match self.deaths.recv().await {
            Some(Death(cause)) => Ended::Death(cause),
            None => Ended::Death("every part ended".to_owned()),
        }
    }

    /// Tells the Scheduler to end.
    pub(super) fn tell(&self, drain: Drain) {
        self.scheduler.do_send(drain);
    }

    /// Drops what is left and joins every thread: the outputs come back to be recovered.
    ///
    /// # Errors
    /// When a thread does not end in time.
    pub(super) async fn take_down(self) -> Result<Outlets> {
        self.join(PATIENCE).await
    }

    /// Ends a pipeline whose work is over.
    pub(super) async fn dismiss(self, finish: Finish) {
        let patience = if finish == Finish::Interrupted { IMPATIENCE } else { PATIENCE };
        if let Err(error) = self.join(patience).await {
            log::warn!(error:%; "a part of the pipeline is left to the end of the process");
        }
    }

    async fn join(self, patience: Duration) -> Result<Outlets> {
        let Self { scheduler, arbiters, exporters, store, feeder, .. } = self;
        feeder.abort();
        drop(scheduler);
        let (joined_to, joined) = oneshot::channel();
        blocking(move || {
            let threads = std::thread::spawn(move || {
                arbiters.iter().for_each(|arbiter| drop(arbiter.stop()));
                // A panic in one of its tasks does not end an arbiter, so there is nothing to learn here.
                arbiters.into_iter().for_each(|arbiter| drop(arbiter.join()));
                joined_to.send(()).ok();
            });
            drop(threads);
            Ok(())
        })
        .await?;
        let stuck = move |what: &str| Error::Pipeline(format!("{what} did not end within {} s", patience.as_secs()));
        match tokio::time::timeout(patience, joined).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(stuck("a thread of the crawl")),
        }
        blocking(move || {
            if !store.join(patience) {
                return Err(stuck("the store"));
            }
            let join = |thread: ExporterThread| thread.join(patience);
            exporters
                .into_iter()
                .map(join)
                .collect::<Result<_, _>>()
                .map_err(|error| Error::Pipeline(error.to_string()))
        })
        .await
    }
}

impl Parts<'_> {
    fn vital(&self, name: impl Into<String>) -> Vital {
        Vital::new(name, self.deaths.clone())
    }

    /// The Parsers of each worker, those with threads of their own, and the arbiters of the latter.
    fn parsers(&self, sink: &Recipient<Export>) -> (Vec<Vec<Recipient<Parse>>>, Vec<Recipient<Parse>>, Vec<Arbiter>) {
        let config = &self.plan.config.parser;
        let count = if config.actors == 0 { self.workers.len() } else { config.actors };
        let mut inline: Vec<Vec<_>> = self.workers.iter().map(|_| Vec::new()).collect();
        let places = (0..self.workers.len()).cycle();
        for (index, place) in (0..count).zip(places) {
            if let (Some(worker), Some(parsers)) = (self.workers.get(place), inline.get_mut(place)) {
                parsers.push(self.parser(format!("parser {index}"), sink, worker));
            }
        }
        let arbiters: Vec<_> = (0..config.offload_actors).map(|_| arbiter()).collect();
        let named = arbiters.iter().enumerate();
        let offload = named.map(|(index, arbiter)| self.parser(format!("offload parser {index}"), sink, arbiter));
        (inline, offload.collect(), arbiters)
    }

    fn parser(&self, name: String, sink: &Recipient<Export>, arbiter: &Arbiter) -> Recipient<Parse> {
        let setup = parser::Setup {
            config: self.plan.config.parser.clone(),
            statuses: self.plan.statuses.clone(),
            max_body: self.plan.config.fetcher.max_body,
            over_limit: self.plan.config.fetcher.over_limit,
            router: self.plan.router.clone(),
            sink: sink.clone(),
            gauges: self.gauges.clone(),
            vital: self.vital(name),
        };
        Parser::start_in_arbiter(&arbiter.handle(), move |_| Parser::new(setup)).recipient()
    }

    /// The Fetchers, each next to the Parsers of its worker if it has any.
    fn fetchers(&self, parsers: &[Vec<Recipient<Parse>>], offload: &[Recipient<Parse>]) -> Vec<Member> {
        let everywhere = parsers.concat();
        let inline_limit = self.plan.config.parser.inline_limit.len();
        let dealt = (0..self.fetcher_count()).zip(self.workers.iter().zip(parsers).cycle());
        let start = |(index, (worker, here)): (usize, (&Arbiter, &Vec<Recipient<Parse>>))| {
            let inline = if here.is_empty() { everywhere.clone() } else { here.clone() };
            let parsers = Parsers::new(inline, offload.to_vec(), inline_limit);
            self.fetcher(format!("fetcher {index}"), parsers, worker)
        };
        dealt.map(start).collect()
    }

    fn fetcher(&self, name: String, parsers: Parsers, worker: &Arbiter) -> Member {
        let statuses = self.plan.statuses.clone();
        let under_way = Gauge::default();
        let setup = fetcher::Setup {
            config: Arc::new(self.plan.config.fetcher.clone()),
            user_agent: self.plan.config.crawl.agent(),
            robots_agent: ROBOTS_AGENT.to_owned(),
            statuses: Arc::new(move |status| statuses.admit(status)),
            parsers,
            clock: self.clock,
            gauges: self.gauges.clone(),
            fetchers: self.fetcher_count(),
            under_way: under_way.clone(),
            vital: self.vital(name),
        };
        let address = Fetcher::start_in_arbiter(&worker.handle(), move |_| Fetcher::new(setup)).recipient();
        Member { address, under_way }
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
fn arbiter() -> Arbiter {
    Arbiter::with_tokio_rt(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        // A system that gives no event loop at the start gives none later either, and there is no crawl without one.
        builder.enable_all().max_blocking_threads(BLOCKING_THREADS).build().expect("the system gives an event loop")
    })
}

fn worker_count(plan: &Plan) -> usize {
    match plan.config.runtime.workers {
        0 => available_parallelism().map_or(1, NonZero::get),
        workers => workers,
    }
}
