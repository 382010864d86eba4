//! The Scheduler: hands URLs to the Fetchers, takes what comes home, and commits it.
//!
//! A shell around the [`Frontier`]: every message changes the frontier, then [`Scheduler::pump`] does whatever has become
//! possible: deal leases, ask the store, flush, commit, end. It waits for nobody.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use actix::{Actor, AsyncContext, Context, Recipient, SpawnHandle};
use tokio::sync::{oneshot, watch::Sender};

use self::{fetcher_pool::FetcherPool, pause::Pause, progress::Progress, shutdown::Shutdown};
use crate::{
    base::time::Mono,
    error::StoreError,
    frontier::Frontier,
    http::{request::Request, validators::ValidatorCache},
    messages::{
        Flush, Submitted,
        lease::{Lease, SettlementSender},
    },
    report::{Finish, Parked, Report, Snapshot},
    runtime::{
        budget::{Budget, Reservation},
        clock::Clock,
        gauges::Gauges,
        liveness::LivenessGuard,
    },
    side_table::SideTable,
    store::{Commit, ReaderHandle, WriterHandle},
};

mod commit;
mod config;
mod fetcher_pool;
mod inbox;
mod limits;
mod pause;
mod progress;
mod setup;
mod shutdown;

pub(crate) use config::Config;
pub(crate) use fetcher_pool::FetcherHandle;
pub(crate) use limits::Limits;
pub(crate) use setup::{Observer, Setup, StartWhen, StopWhen};

/// How often it is looked where the slots are.
const SAMPLE: Duration = Duration::from_millis(100);

/// How often observers see the crawl, unless the stats line comes more often.
const SHOW: Duration = Duration::from_millis(250);

/// Hosts that a report names, at most.
const MAX_PARKED: usize = 100;

/// The actor.
pub(crate) struct Scheduler {
    setup: SchedulerParts,
    frontier: Frontier,
    pool: FetcherPool,
    watch: Progress,
    ending: Shutdown,
    brake: Pause,
    /// Seeds that wait for room in a batch: as many as there are senders, each of whom waits for its answer.
    submits: VecDeque<(Vec<Request>, oneshot::Sender<Submitted>)>,
    /// The commit that is out, to be sent again when the store did not take it.
    commit: Option<Arc<Commit>>,
    /// When the crawl wakes by itself.
    alarm: Option<(Mono, SpawnHandle)>,
    settlement_sender: Option<SettlementSender>,
    end: Option<oneshot::Sender<Result<Report, StoreError>>>,
}

struct SchedulerParts {
    max_in_flight: usize,
    drain: Duration,
    limits: Limits,
    commit_interval: Duration,
    stats_interval: Duration,
    sink: Recipient<Flush>,
    reader: ReaderHandle,
    writer: WriterHandle,
    side_tables: Vec<Box<dyn SideTable>>,
    versions: ValidatorCache,
    committed: Sender<u64>,
    clock: Clock,
    gauges: Gauges,
    budget: Arc<Budget>,
    observers: Vec<Observer>,
    _vital: LivenessGuard,
}

impl Scheduler {
    pub(crate) fn new(setup: Setup) -> Self {
        let now = setup.clock.mono();
        let max_in_flight = match setup.config.max_in_flight {
            0 => 2 * setup.concurrency,
            limit => limit,
        };
        Self {
            watch: Progress::new(setup.began, now, &setup.frontier),
            frontier: setup.frontier,
            pool: FetcherPool::new(setup.fetchers, setup.concurrency),
            ending: Shutdown::new(setup.until, setup.first),
            brake: Pause::default(),
            submits: VecDeque::new(),
            commit: None,
            alarm: None,
            settlement_sender: None,
            end: Some(setup.end),
            setup: SchedulerParts {
                max_in_flight,
                drain: setup.config.drain,
                limits: setup.limits,
                commit_interval: setup.commit_interval,
                stats_interval: setup.stats_interval,
                sink: setup.sink,
                reader: setup.reader,
                writer: setup.writer,
                side_tables: setup.side_tables,
                versions: setup.versions,
                committed: setup.committed,
                clock: setup.clock,
                gauges: setup.gauges,
                budget: setup.budget,
                observers: setup.observers,
                _vital: setup.vital,
            },
        }
    }

    /// Does whatever has become possible.
    fn pump(&mut self, context: &mut Context<Self>) {
        self.take_submits();
        self.check_limits();
        self.deal();
        self.query(context);
        if self.frontier.is_flush_due() {
            self.flush(context);
        }
        self.send_commit(context);
        self.end_if_over(context);
        self.set_alarm(context);
    }

    /// Lends while there are slots, leases and bytes.
    fn deal(&mut self) {
        let Some(settlement_sender) = self.settlement_sender.clone() else { return };
        let now = self.setup.clock.now();
        while self.may_lend() {
            let Some(assignment) = self.frontier.lend(now) else { break };
            let host = assignment.lease_id.url.host;
            let held = Reservation::empty(self.setup.budget.clone());
            self.pool.deal(host, Lease::new(assignment, settlement_sender.clone(), held), &self.setup.gauges.network);
        }
        self.pool.send();
    }

    fn may_lend(&self) -> bool {
        !self.ending.is_draining()
            && !self.ending.waits_for_seeds()
            && !self.brake.is_on()
            && self.frontier.leases_out() < self.setup.max_in_flight
            && self.setup.limits.have_room(&self.frontier.balance(), self.bytes())
            && self.pool.has_room()
            && !self.setup.budget.is_half_full()
            && !self.frontier.is_paused()
    }

    fn take_submits(&mut self) {
        while !self.frontier.is_paused() && !self.ending.is_draining() {
            let Some((seeds, answer)) = self.submits.pop_front() else { return };
            let batch = self.frontier.submit(seeds, self.setup.clock.now());
            // Whoever submitted may be gone; the seeds are in all the same.
            answer.send(Submitted { batch }).ok();
        }
    }

    fn check_limits(&mut self) {
        let now = self.setup.clock.mono();
        if let Some(finish) = self.setup.limits.reached(&self.watch.peek(&self.frontier, now), self.bytes()) {
            self.ending.drain(finish, now);
        }
        if self.ending.ends_by_itself() && self.brake.is_hopeless(self.setup.limits.wait, now) {
            self.ending.drain(Finish::DiskFree, now);
        }
    }

    /// Received so far.
    fn bytes(&self) -> u64 {
        self.frontier.stats().get("downloader/response_bytes")
    }

    /// Wakes when the next host's time comes; one alarm at a time.
    fn set_alarm(&mut self, context: &mut Context<Self>) {
        let Some(due) = self.frontier.next_due() else { return };
        if self.alarm.as_ref().is_some_and(|(at, _)| *at <= due) {
            return;
        }
        if let Some((_, handle)) = self.alarm.take() {
            context.cancel_future(handle);
        }
        // A millisecond late at most: the timer's own grain, and never early, or the delay is broken.
        let pause = due.since(self.setup.clock.mono()) + Duration::from_micros(100);
        let handle = context.run_later(pause, |scheduler, context| {
            scheduler.alarm = None;
            scheduler.pump(context);
        });
        self.alarm = Some((due, handle));
    }

    /// Writes the stats line.
    fn tell(&mut self) {
        let snapshot = self.snapshot();
        progress::log_line(&snapshot);
        if let Err(message) = snapshot.balance.check() {
            log::error!(books:% = message; "the frontier's books do not balance");
        }
        self.watch.turn_over(&snapshot, self.setup.clock.mono());
    }

    /// Shows the crawl to its observers.
    fn show(&self) {
        if !self.setup.observers.is_empty() {
            let snapshot = self.snapshot();
            self.setup.observers.iter().for_each(|observer| observer(&snapshot));
        }
    }

    fn snapshot(&self) -> Snapshot {
        let held = self.setup.budget.held();
        self.watch.snapshot(&self.frontier, &self.setup.gauges, held, self.setup.clock.mono())
    }

    /// Ends the crawl when there is nothing left to wait for and everything is committed.
    fn end_if_over(&mut self, context: &mut Context<Self>) {
        let now = self.setup.clock.mono();
        if !self.submits.is_empty() && !self.ending.is_draining() {
            return;
        }
        let Some(finish) = self.ending.verdict(&self.frontier, self.setup.drain, now) else { return };
        if self.frontier.is_committed() || self.ending.is_hopeless(self.setup.drain, now) {
            self.halt(finish);
        } else {
            self.flush(context);
        }
    }

    /// Ends the crawl as it stands.
    fn halt(&mut self, finish: Finish) {
        self.tell();
        self.show();
        self.finish(Ok(self.report(finish)));
    }

    fn report(&self, finish: Finish) -> Report {
        let parked = self.frontier.parked().filter(|(.., urls)| *urls > 0).take(MAX_PARKED);
        let parked = parked.map(|(host, reason, urls)| Parked { host: host.to_owned(), reason: reason.name(), urls });
        Report {
            finish,
            elapsed: self.watch.peek(&self.frontier, self.setup.clock.mono()).elapsed,
            balance: self.frontier.audit(),
            stats: self.frontier.stats().clone(),
            parked: parked.collect(),
            limits: self.watch.total(),
            rebuilds: 0,
        }
    }

    fn finish(&mut self, result: Result<Report, StoreError>) {
        if let Some(end) = self.end.take() {
            // The crawl may have been given up meanwhile; then nobody wants the report.
            end.send(result).ok();
        }
    }
}

impl Actor for Scheduler {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        self.settlement_sender = Some(SettlementSender::new(context.address().recipient()));
        context.run_interval(self.setup.commit_interval, |scheduler, context| {
            scheduler.flush(context);
            scheduler.pump(context);
        });
        context.run_interval(SAMPLE, |scheduler, _| {
            scheduler.watch.sample(&scheduler.frontier, &scheduler.setup.gauges, scheduler.pool.concurrency());
        });
        let interval = self.setup.stats_interval;
        if !interval.is_zero() {
            context.run_interval(interval, |scheduler, _| scheduler.tell());
        }
        let interval = if interval.is_zero() { SHOW } else { SHOW.min(interval) };
        context.run_interval(interval, |scheduler, _| scheduler.show());
        self.pump(context);
    }
}
