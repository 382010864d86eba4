//! Progress of the leases that a Fetcher fetches: finds stalled ones, and ends those that the Scheduler revokes.

use std::{
    cell::{OnceCell, RefCell},
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use slab::Slab;

use crate::{
    base::time::Mono,
    messages::{
        MAX_ITEMS,
        lease::{Lease, SettlementSender},
    },
    transport::Exchange,
};

/// Minimum rate of progress, in bytes per second. A byte now and then does not count.
const MIN_RATE: u64 = 2048;

/// The leases being fetched that are reported if they stall.
#[derive(Default)]
pub(super) struct Progress {
    /// Bounded by the number of leases.
    leases: RefCell<Slab<WatchedLease>>,
    /// Sender of the leases; all leases of a pipeline have the same one.
    sender: OnceCell<SettlementSender>,
}

/// A lease, and how far its response has come.
struct WatchedLease {
    serial: u64,
    exchange: Rc<Exchange>,
    patience: Duration,
    /// When it last made progress.
    since: Mono,
    /// Bytes received until then.
    received: u64,
    stage: WatchStage,
    /// Wakes the task of the lease when it is revoked.
    waker: Option<Waker>,
}

/// What has happened to a watched lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WatchStage {
    Watched,
    /// Reported to the Scheduler.
    Reported,
    /// Revoked by the Scheduler.
    Revoked,
}

/// The entry of a lease in [`Progress`]. Dropping it removes the entry.
pub(super) struct LeaseWatch<'a> {
    progress: &'a Progress,
    key: usize,
}

impl Progress {
    /// Watches a lease from now on; `None` if the frontier does not ask for that.
    pub(super) fn watch(&self, lease: &Lease, exchange: &Rc<Exchange>, now: Mono) -> Option<LeaseWatch<'_>> {
        let watched = WatchedLease {
            patience: lease.assignment().patience?,
            serial: lease.assignment().lease_id.serial,
            exchange: exchange.clone(),
            since: now,
            received: exchange.received(),
            stage: WatchStage::Watched,
            waker: None,
        };
        self.sender.get_or_init(|| lease.settlement_sender().clone());
        Some(LeaseWatch { progress: self, key: self.leases.borrow_mut().insert(watched) })
    }

    /// Reports the leases that have stalled since the last call.
    pub(super) fn report_stalled(&self, now: Mono) {
        let Some(sender) = self.sender.get() else { return };
        let mut stalled = Vec::new();
        for (_, lease) in self.leases.borrow_mut().iter_mut() {
            if lease.has_stalled(now) {
                lease.stage = WatchStage::Reported;
                stalled.push(lease.serial);
            }
        }
        stalled.chunks(MAX_ITEMS).for_each(|serials| sender.report_stalled(serials.to_vec()));
    }

    /// Ends the leases with these serial numbers.
    pub(super) fn revoke(&self, serials: &[u64]) {
        for (_, lease) in self.leases.borrow_mut().iter_mut() {
            if serials.contains(&lease.serial) {
                lease.stage = WatchStage::Revoked;
                lease.waker.take().into_iter().for_each(Waker::wake);
            }
        }
    }
}

impl WatchedLease {
    /// Returns true if the lease has not been reported and makes no progress.
    fn has_stalled(&mut self, now: Mono) -> bool {
        if self.stage != WatchStage::Watched {
            return false;
        }
        let received = self.exchange.received();
        let enough = u128::from(MIN_RATE) * self.patience.as_millis() / 1000;
        if u128::from(received - self.received) >= enough {
            (self.since, self.received) = (now, received);
        }
        now.since(self.since) >= self.patience
    }
}

impl LeaseWatch<'_> {
    /// Returns true if the lease is revoked. Otherwise the task is woken when it is.
    fn is_revoked(&self, context: &Context<'_>) -> bool {
        let mut leases = self.progress.leases.borrow_mut();
        let Some(lease) = leases.get_mut(self.key) else { return false };
        if lease.waker.as_ref().is_none_or(|waker| !waker.will_wake(context.waker())) {
            lease.waker = Some(context.waker().clone());
        }
        lease.stage == WatchStage::Revoked
    }
}

impl Drop for LeaseWatch<'_> {
    fn drop(&mut self) {
        self.progress.leases.borrow_mut().try_remove(self.key);
    }
}

/// Runs a future until it ends or its lease is revoked. Returns `None` in the second case.
///
/// The future is pinned by the caller. Passed by value, it would be in the caller's task twice.
pub(super) async fn unless_revoked<F: Future>(
    watch: Option<LeaseWatch<'_>>,
    mut future: Pin<&mut F>,
) -> Option<F::Output> {
    let is_revoked = |context: &mut Context<'_>| watch.as_ref().is_some_and(|watch| watch.is_revoked(context));
    poll_fn(|context| match is_revoked(context) {
        true => Poll::Ready(None),
        false => future.as_mut().poll(context).map(Some),
    })
    .await
}
