//! One pipeline: its actors and threads, wired sink first, and its end.

use std::{sync::Arc, time::Duration};

use actix::{Actor, Addr, Arbiter};
use tokio::sync::{
    Mutex,
    mpsc::{UnboundedReceiver, unbounded_channel},
    oneshot, watch,
};

use super::{
    Outlets, disk_space,
    plan::{Plan, blocking},
    seeds::{self, Seeds},
    workers::{Workers, arbiter},
};
use crate::{
    base::time::Mono,
    error::{Error, Result, StoreError},
    messages::Drain,
    report::{Finish, Report},
    runtime::{budget::Budget, clock::Clock, liveness::ThreadExit},
    scheduler::{self, Scheduler, StartWhen},
    sink::{self, ExporterThread, Sink},
    store::{self, Recovered, Store, StoreThreads},
};

/// How long a thread may take to end before the process must: two pipelines never hold one file.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same after a halt, when the process ends anyway.
const IMPATIENCE: Duration = Duration::from_millis(500);

/// How a pipeline ended.
pub(super) enum Ended {
    /// With its work.
    Report(Report),
    /// Because the store cannot go on.
    Store(StoreError),
    /// By the death of one of its parts.
    ThreadExit(String),
}

/// The actors and threads of a crawl.
pub(super) struct Pipeline {
    scheduler: Addr<Scheduler>,
    arbiters: Vec<Arbiter>,
    exporters: Vec<ExporterThread>,
    store: StoreThreads,
    deaths: UnboundedReceiver<ThreadExit>,
    /// Gone once it has said something.
    end: Option<oneshot::Receiver<Result<Report, StoreError>>>,
    feeder: tokio::task::JoinHandle<()>,
    space: tokio::task::JoinHandle<()>,
}

impl Pipeline {
    /// Builds everything from the last commit: after a start, after a death, all the same.
    ///
    /// # Errors
    /// When an output is not what the commit says, or the system gives no thread.
    pub(super) async fn start(
        plan: &Plan,
        seeds: &Arc<Mutex<Seeds>>,
        clock: Clock,
        first: StartWhen,
        mut store: Box<dyn Store>,
        outlets: Outlets,
    ) -> Result<Self> {
        let (deaths_to, deaths) = unbounded_channel();
        let Recovered { number, positions, .. } = store.recover()?;
        let (committed, commits) = watch::channel(number);
        let recovered = move || {
            let mut outlets = outlets;
            outlets.iter_mut().try_for_each(|outlet| outlet.recover(&positions))?;
            Ok(outlets)
        };
        let outlets = blocking(recovered).await?;
        let frontier = plan.frontier(&mut *store, clock.now().wall)?;
        let (inlets, exporters) = sink::start(outlets, plan.config.store.durability, &deaths_to)?;
        let (reader, writer, store_threads) = store::start(store, &deaths_to)?;

        let control = arbiter();
        let parts = Workers::new(plan, clock, deaths_to);
        let (gauges, vital) = (parts.gauges.clone(), parts.vital("sink"));
        let sink = Sink::start_in_arbiter(&control.handle(), move |_| Sink::new(inlets, &gauges, vital));
        let fetchers = parts.fetchers(&sink.clone().recipient());

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
            side_tables: plan.identity.side_tables(),
            versions: plan.identity.versions.clone(),
            committed,
            clock,
            began: Mono(0),
            gauges: parts.gauges.clone(),
            budget: Budget::new(config.scheduler.max_in_flight_bytes.0),
            observers: plan.observers.clone(),
            end: end_to,
            vital: parts.vital("scheduler"),
            until: plan.until,
            first,
        };
        let scheduler = Scheduler::start_in_arbiter(&control.handle(), move |_| Scheduler::new(setup));
        let to = seeds::SeedRecipients {
            submit: scheduler.clone().recipient(),
            quiet: scheduler.clone().recipient(),
            end: scheduler.clone().recipient(),
        };
        let seeds = seeds.clone();
        let (directories, wanted) = (disk_space::directories(config), config.limits.disk_free.0);
        let space = actix_rt::spawn(disk_space::watch(directories, wanted, scheduler.clone().recipient()));
        let feeder = actix_rt::spawn(async move { seeds.lock().await.feed(to, commits).await });
        let arbiters = [control].into_iter().chain(parts.into_arbiters()).collect();
        Ok(Self { scheduler, arbiters, exporters, store: store_threads, deaths, end: Some(end), feeder, space })
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
                Some(ThreadExit(cause)) = self.deaths.recv() => return Ended::ThreadExit(cause),
            }
        }
        match self.deaths.recv().await {
            Some(ThreadExit(cause)) => Ended::ThreadExit(cause),
            None => Ended::ThreadExit("every part ended".to_owned()),
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
    pub(super) async fn finish(self, finish: Finish) {
        let patience = if finish == Finish::Interrupted { IMPATIENCE } else { PATIENCE };
        if let Err(error) = self.join(patience).await {
            log::warn!(error:%; "a part of the pipeline is left to the end of the process");
        }
    }

    async fn join(self, patience: Duration) -> Result<Outlets> {
        let Self { scheduler, arbiters, exporters, store, feeder, space, .. } = self;
        feeder.abort();
        space.abort();
        drop(scheduler);
        let (joined_to, joined) = oneshot::channel();
        blocking(move || {
            let threads = std::thread::spawn(move || {
                for arbiter in &arbiters {
                    arbiter.stop();
                }
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
