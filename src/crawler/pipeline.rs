//! One pipeline: its actors and threads, connected from the Sink backwards, and how it ends.

use std::time::Duration;

use actix::{Actor, Addr, Arbiter};
use log::warn;
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, unbounded_channel},
        oneshot, watch,
    },
    time::timeout,
};

use super::{
    plan::Plan,
    workers::{Workers, arbiter},
};
use crate::{
    base::time::Mono,
    error::{Error, Result, StoreError},
    frontier::Balance,
    messages::control::{Connection, Control, SchedulerHandle},
    report::{Finish, Report},
    runtime::{
        budget::Budget,
        clock::Clock,
        liveness::ThreadExit,
        threads::{self, blocking},
    },
    scheduler::{self, Scheduler, StartWhen},
    sink::{self, ExporterQueue, ExporterSlot, ExporterThread, RecordLimit, Sink},
    store::{self, Recovered, Store, StoreThreads},
};

/// Time in which a thread must end; after it the process ends, because two pipelines must never write one file.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// Like [`END_TIMEOUT`], after a crawl that was ended at once: the process ends anyway.
const HALT_TIMEOUT: Duration = Duration::from_millis(500);

/// How a pipeline ended.
pub(super) enum Ended {
    /// The crawl is over.
    Report(Box<Report>),
    /// The store cannot continue.
    Store(StoreError),
    /// A part died, for this reason.
    ThreadExit(String),
}

/// Actors and threads of a crawl.
pub(super) struct Pipeline {
    arbiters: Vec<Arbiter>,
    exporters: Vec<ExporterThread>,
    store: StoreThreads,
    exits: UnboundedReceiver<ThreadExit>,
    /// Receives the report; `None` afterwards.
    end: Option<oneshot::Receiver<Result<Report, StoreError>>>,
    /// URL counters at its start.
    pub(super) start: Balance,
    connection: Connection,
}

impl Pipeline {
    /// Builds a pipeline from the last commit: at the start, and after a part of the last pipeline died.
    ///
    /// # Errors
    /// If an output is not as the commit says, or a thread cannot be started.
    pub(super) async fn start(
        plan: &Plan,
        control: &Control,
        clock: Clock,
        start_when: StartWhen,
        mut store: Box<dyn Store>,
        mut slots: Vec<ExporterSlot>,
    ) -> Result<Self> {
        let (exit_sender, exits) = unbounded_channel();
        let Recovered { number, positions, .. } = store.recover()?;
        let recover = move || {
            slots.iter_mut().try_for_each(|slot| slot.recover(&positions))?;
            Ok(slots)
        };
        let slots = blocking("outputs", recover).await?;
        let frontier = plan.frontier(&mut *store, clock.now().wall)?;
        let (queues, exporters) = sink::start(slots, plan.sections.store.durability, &exit_sender)?;
        let outputs = queues.iter().map(ExporterQueue::status).collect();
        let (reader, writer, store_threads) = store::start(store, &exit_sender)?;

        // Scheduler and Sink share an arbiter.
        let first_arbiter = arbiter();
        let workers = Workers::new(plan, clock, exit_sender);
        let (gauges, liveness) = (workers.gauges.clone(), workers.liveness("sink"));
        let start = frontier.balance();
        let limit = RecordLimit::new(plan.sections.limits.records, frontier.records());
        let sink =
            Sink::start_in_arbiter(&first_arbiter.handle(), move |_| Sink::new(queues, limit, &gauges, liveness));
        let fetchers = workers.fetchers(&sink.clone().recipient());

        let (end_sender, end) = oneshot::channel();
        let (committed_sender, committed) = watch::channel(number);
        let setup = scheduler::Setup {
            config: plan.sections.scheduler.clone(),
            limits: plan.sections.limits.clone(),
            store: plan.sections.store.clone(),
            stats_interval: plan.config.log.stats_interval,
            concurrency: plan.config.fetcher.concurrency,
            sink: sink.recipient(),
            reader,
            writer,
            side_tables: plan.identity.side_tables(),
            validators: plan.identity.validators.clone(),
            committed: committed_sender,
            clock,
            start: Mono(0),
            gauges: workers.gauges.clone(),
            outputs,
            budget: Budget::new(plan.config.scheduler.max_in_flight_bytes.0),
            observers: plan.observers.clone(),
            stop_when: plan.stop_when,
            start_when,
        };
        let liveness = workers.liveness("scheduler");
        let scheduler = Scheduler::start_in_arbiter(&first_arbiter.handle(), move |_| {
            Scheduler::new(setup, frontier, fetchers, end_sender, liveness)
        });
        let connection = control.connect(handle(&scheduler, committed));
        let arbiters = [first_arbiter].into_iter().chain(workers.into_arbiters()).collect();
        Ok(Self { arbiters, exporters, store: store_threads, exits, end: Some(end), start, connection })
    }

    /// Waits for the end of the pipeline.
    pub(super) async fn ended(&mut self) -> Ended {
        if let Some(end) = &mut self.end {
            tokio::select! {
                biased;
                result = end => {
                    self.end = None;
                    match result {
                        Ok(Ok(report)) => return Ended::Report(Box::new(report)),
                        Ok(Err(error)) => return Ended::Store(error),
                        // The Scheduler died; its exit is about to be reported.
                        Err(_) => {}
                    }
                }
                Some(ThreadExit(cause)) = self.exits.recv() => return Ended::ThreadExit(cause),
            }
        }
        match self.exits.recv().await {
            Some(ThreadExit(cause)) => Ended::ThreadExit(cause),
            None => Ended::ThreadExit("every part ended".to_owned()),
        }
    }

    /// Drops what is left and joins every thread; returns the exporters, which are to be recovered.
    ///
    /// # Errors
    /// If a thread does not end in time.
    pub(super) async fn take_down(self) -> Result<Vec<ExporterSlot>> {
        self.join(END_TIMEOUT).await
    }

    /// Ends the pipeline of a crawl that is over.
    pub(super) async fn finish(self, finish: Finish) {
        let timeout = if finish == Finish::Interrupted { HALT_TIMEOUT } else { END_TIMEOUT };
        if let Err(error) = self.join(timeout).await {
            warn!(error:%; "part of the pipeline did not end; it ends with the process");
        }
    }

    async fn join(self, timeout: Duration) -> Result<Vec<ExporterSlot>> {
        let Self { arbiters, exporters, store, connection, .. } = self;
        drop(connection);
        join_arbiters(arbiters, timeout).await?;
        blocking("join", move || {
            if !store.join(timeout) {
                return Err(still_running("the store", timeout));
            }
            let slots = exporters.into_iter().map(|thread| thread.join(timeout)).collect::<Result<_, _>>();
            slots.map_err(|error| Error::Pipeline(error.to_string()))
        })
        .await
    }
}

fn handle(scheduler: &Addr<Scheduler>, committed: watch::Receiver<u64>) -> SchedulerHandle {
    SchedulerHandle {
        submit: scheduler.clone().recipient(),
        quiet_seeds: scheduler.clone().recipient(),
        end_of_seeds: scheduler.clone().recipient(),
        space: scheduler.clone().recipient(),
        drain: scheduler.clone().recipient(),
        committed,
    }
}

/// Stops arbiters and waits until their threads have ended.
async fn join_arbiters(arbiters: Vec<Arbiter>, limit: Duration) -> Result<()> {
    let (sender, joined) = oneshot::channel();
    let join = move || {
        for arbiter in &arbiters {
            arbiter.stop();
        }
        // An error would be a panic of the arbiter itself; a panic in one of its tasks does not end it.
        arbiters.into_iter().for_each(|arbiter| drop(arbiter.join()));
        // The receiver is gone after the timeout.
        sender.send(()).ok();
    };
    threads::spawn("join", join)?;
    match timeout(limit, joined).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(still_running("a thread of the crawl", limit)),
    }
}

fn still_running(part: &str, limit: Duration) -> Error {
    Error::Pipeline(format!("{part} did not end within {} s", limit.as_secs()))
}
