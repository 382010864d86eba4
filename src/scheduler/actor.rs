//! The actor.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use actix::{Actor, AsyncContext, Context, SpawnHandle};
use tokio::sync::oneshot;

use super::{
    fetcher_pool::{FetcherHandle, FetcherPool},
    pause::Pause,
    progress::Progress,
    setup::Setup,
    shutdown::Shutdown,
};
use crate::{
    base::time::Mono,
    error::StoreError,
    frontier::Frontier,
    messages::{
        Submit, Submitted,
        lease::{Lease, SettlementSender},
    },
    report::{Finish, Report},
    runtime::{budget::Reservation, liveness::LivenessGuard},
    store::Commit,
};

/// Time between two samples of the bottleneck.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(100);

/// Time between two calls of the observers, unless the statistics line is more frequent.
const OBSERVE_INTERVAL: Duration = Duration::from_millis(250);

/// Issues leases and commits their settlements.
pub(crate) struct Scheduler {
    pub(super) setup: Setup,
    /// `scheduler.max_in_flight`, with its default filled in.
    max_in_flight: usize,
    pub(super) frontier: Frontier,
    pub(super) fetchers: FetcherPool,
    pub(super) progress: Progress,
    pub(super) shutdown: Shutdown,
    pub(super) pause: Pause,
    /// Seeds that wait for space in a batch: one entry per sender, because each waits for its answer.
    pub(super) submits: VecDeque<(Submit, oneshot::Sender<Submitted>)>,
    /// Commit in flight, kept to be sent again if the store fails.
    pub(super) commit: Option<Arc<Commit>>,
    /// Next time at which the Scheduler wakes without a message.
    alarm: Option<(Mono, SpawnHandle)>,
    /// `None` until the actor has started.
    settlement_sender: Option<SettlementSender>,
    /// Takes the result of the crawl; `None` afterwards.
    pub(super) end: Option<oneshot::Sender<Result<Report, StoreError>>>,
    _liveness: LivenessGuard,
}

impl Scheduler {
    /// Creates the actor; `end` receives the result of the crawl.
    pub(crate) fn new(
        setup: Setup,
        frontier: Frontier,
        fetchers: Vec<FetcherHandle>,
        end: oneshot::Sender<Result<Report, StoreError>>,
        liveness: LivenessGuard,
    ) -> Self {
        let max_in_flight = match setup.config.max_in_flight {
            0 => 2 * setup.concurrency,
            limit => limit,
        };
        Self {
            max_in_flight,
            progress: Progress::new(setup.start, setup.clock.mono(), &frontier),
            frontier,
            fetchers: FetcherPool::new(fetchers, setup.concurrency),
            shutdown: Shutdown::new(setup.stop_when, setup.start_when),
            pause: Pause::default(),
            submits: VecDeque::new(),
            commit: None,
            alarm: None,
            settlement_sender: None,
            end: Some(end),
            setup,
            _liveness: liveness,
        }
    }

    /// Takes every step that has become possible.
    pub(super) fn pump(&mut self, context: &mut Context<Self>) {
        self.accept_seeds();
        self.check_limits();
        self.issue_leases();
        self.query(context);
        if self.frontier.is_flush_due() {
            self.flush(context);
        }
        self.send_commit(context);
        self.end_if_over(context);
        self.set_alarm(context);
    }

    /// Issues leases while there are free slots, leases and bytes.
    fn issue_leases(&mut self) {
        let Some(settlement_sender) = self.settlement_sender.clone() else { return };
        let now = self.setup.clock.now();
        while self.may_issue() {
            let Some(assignment) = self.frontier.next_lease(now) else { break };
            let host = assignment.lease_id.url.host;
            let held = Reservation::empty(self.setup.budget.clone());
            let lease = Lease::new(assignment, settlement_sender.clone(), held);
            self.fetchers.assign(host, lease, &self.setup.gauges.network);
        }
        self.fetchers.send();
        if self.frontier.has_revocable() && self.may_fill_slots() {
            let serials = self.frontier.revoke(self.fetchers.all_free_slots(), now);
            if !serials.is_empty() {
                self.fetchers.revoke(serials);
            }
        }
    }

    fn may_issue(&self) -> bool {
        self.fetchers.has_free_slot() && self.may_fill_slots()
    }

    /// Returns true if a lease may be issued once there is a free slot.
    fn may_fill_slots(&self) -> bool {
        !self.shutdown.is_draining()
            && !self.shutdown.waits_for_seeds()
            && !self.pause.is_on()
            && self.frontier.leases_out() < self.max_in_flight
            && self.setup.limits.admit_lease(&self.frontier.balance(), self.received_bytes())
            && !self.setup.budget.is_half_full()
            && !self.frontier.is_paused()
    }

    fn accept_seeds(&mut self) {
        while !self.frontier.is_paused() && !self.shutdown.is_draining() {
            let Some((Submit { standing, streamed }, answer)) = self.submits.pop_front() else { return };
            let now = self.setup.clock.now();
            self.frontier.submit(standing, now);
            let batch = self.frontier.submit_streamed(streamed, now);
            // The sender may be gone; the seeds are accepted anyway.
            answer.send(Submitted { batch }).ok();
        }
    }

    fn check_limits(&mut self) {
        let now = self.setup.clock.mono();
        let snapshot = self.progress.peek(&self.frontier, now);
        if let Some(finish) = self.setup.limits.reached(&snapshot, self.received_bytes()) {
            self.shutdown.drain(finish, now);
        }
        if self.shutdown.leaves_parked() && self.pause.exceeds(self.setup.limits.wait, now) {
            self.shutdown.drain(Finish::DiskFree, now);
        }
    }

    /// Returns the number of bytes received since the crawl began.
    fn received_bytes(&self) -> u64 {
        self.frontier.stats().get("downloader/response_bytes")
    }

    /// Wakes the Scheduler when the next host is due; there is one alarm at a time.
    fn set_alarm(&mut self, context: &mut Context<Self>) {
        let Some(due) = self.frontier.next_due() else { return };
        if self.alarm.as_ref().is_some_and(|(at, _)| *at <= due) {
            return;
        }
        if let Some((_, handle)) = self.alarm.take() {
            context.cancel_future(handle);
        }
        // An early alarm would break a host's delay. The timer itself may be up to a millisecond late.
        let wait = due.since(self.setup.clock.mono()) + Duration::from_micros(100);
        let handle = context.run_later(wait, |scheduler, context| {
            scheduler.alarm = None;
            scheduler.pump(context);
        });
        self.alarm = Some((due, handle));
    }

    /// Ends the crawl if nothing is left to wait for and everything is committed.
    fn end_if_over(&mut self, context: &mut Context<Self>) {
        let now = self.setup.clock.mono();
        if !self.submits.is_empty() && !self.shutdown.is_draining() {
            return;
        }
        let drain = self.setup.config.drain;
        let Some(finish) = self.shutdown.finish(&self.frontier, drain, now) else { return };
        if self.frontier.is_committed() || self.shutdown.is_overdue(drain, now) {
            self.halt(finish);
        } else {
            self.flush(context);
        }
    }
}

impl Actor for Scheduler {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Context<Self>) {
        let address = context.address();
        self.settlement_sender = Some(SettlementSender::new(address.clone().recipient(), address.recipient()));
        context.run_interval(self.setup.store.commit_interval, |scheduler, context| {
            scheduler.flush(context);
            scheduler.pump(context);
        });
        context.run_interval(SAMPLE_INTERVAL, |scheduler, _| {
            scheduler.progress.sample(&scheduler.frontier, &scheduler.setup.gauges, scheduler.setup.concurrency);
        });
        let stats_interval = self.setup.stats_interval;
        if !stats_interval.is_zero() {
            context.run_interval(stats_interval, |scheduler, _| scheduler.log_stats());
        }
        let interval = if stats_interval.is_zero() { OBSERVE_INTERVAL } else { OBSERVE_INTERVAL.min(stats_interval) };
        context.run_interval(interval, |scheduler, _| scheduler.notify_observers());
        self.pump(context);
    }
}
