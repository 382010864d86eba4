//! Handle of a running crawl.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix::Recipient;
use tokio::{sync::watch, time::timeout};

use super::{Drain, EndOfSeeds, QuietSeeds, Space, Submit};
use crate::{base::locks::lock, error::Error, report::Finish};

/// Handle of a crawl that survives rebuilds of its pipeline; clones share one crawl.
///
/// Each pipeline [connects](Self::connect) its Scheduler. Parts that outlive a pipeline follow them through
/// [`schedulers`](Self::schedulers). A drain is remembered and passed to every later Scheduler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Control(Arc<ControlState>);

#[derive(Debug, Default)]
struct ControlState {
    /// Scheduler of the current pipeline; `None` before the first pipeline, between two, and after the last.
    scheduler: watch::Sender<Option<SchedulerHandle>>,
    /// Last requested drain.
    drain: watch::Sender<Option<Finish>>,
    /// First error that [`Control::fail`] was called with.
    error: Mutex<Option<Error>>,
}

/// Recipients of one pipeline's Scheduler.
#[derive(Clone, Debug)]
pub(crate) struct SchedulerHandle {
    pub(crate) submit: Recipient<Submit>,
    pub(crate) quiet_seeds: Recipient<QuietSeeds>,
    pub(crate) end_of_seeds: Recipient<EndOfSeeds>,
    pub(crate) space: Recipient<Space>,
    pub(crate) drain: Recipient<Drain>,
    /// Number of the last commit.
    pub(crate) committed: watch::Receiver<u64>,
}

impl Control {
    /// Makes `scheduler` the current one until the result is dropped.
    pub(crate) fn connect(&self, scheduler: SchedulerHandle) -> Connection {
        let drain = scheduler.drain.clone();
        // First the Scheduler, then the drain; `request` does it the other way round, so no drain is missed.
        self.0.scheduler.send_replace(Some(scheduler));
        if let Some(finish) = *self.0.drain.borrow() {
            drain.do_send(Drain(finish));
        }
        Connection(self.clone())
    }

    /// Follows the Schedulers of the crawl.
    pub(crate) fn schedulers(&self) -> Schedulers {
        Schedulers(self.0.scheduler.subscribe())
    }

    /// Ends the crawl for this reason; see [`Drain`].
    pub(crate) fn drain(&self, finish: Finish) {
        self.request(|_| finish);
    }

    /// Drains the crawl, which then ends with this error.
    pub(crate) fn fail(&self, error: Error) {
        lock(&self.0.error).get_or_insert(error);
        self.request(|requested| requested.unwrap_or(Finish::Stopped));
    }

    /// Takes the error of [`fail`](Self::fail).
    pub(crate) fn take_error(&self) -> Option<Error> {
        lock(&self.0.error).take()
    }

    /// Drains the crawl; the second call ends it at once.
    pub(crate) fn stop(&self) {
        self.request(|requested| if requested.is_none() { Finish::Stopped } else { Finish::Interrupted });
    }

    /// Resolves when the crawl is to end and has no pipeline yet: at the second stop, or `drain` after the first one. Opening
    /// an output may take any time, as that of a pipe without a reader does. Never resolves once there was a pipeline.
    pub(crate) async fn stopped_before_start(&self, drain: Duration) {
        let mut schedulers = self.0.scheduler.subscribe();
        let mut requests = self.0.drain.subscribe();
        let stopped = async {
            // The sender is in `self`, so there is no error. What `wait_for` returns is a lock, so it is dropped.
            requests.wait_for(Option::is_some).await.map(drop).ok();
            let second =
                async { requests.wait_for(|finish| *finish == Some(Finish::Interrupted)).await.map(drop).ok() };
            timeout(drain, second).await.ok();
        };
        let connected = async { schedulers.wait_for(Option::is_some).await.map(drop).ok() };
        tokio::select! {
            biased;
            _ = connected => pending().await,
            () = stopped => {}
        }
    }

    fn request(&self, finish: impl FnOnce(Option<Finish>) -> Finish) {
        let mut requested = None;
        self.0.drain.send_if_modified(|drain| {
            let finish = finish(*drain);
            let is_new = drain.replace(finish) != Some(finish);
            requested = is_new.then_some(finish);
            is_new
        });
        let Some(finish) = requested else { return };
        if let Some(scheduler) = &*self.0.scheduler.borrow() {
            scheduler.drain.do_send(Drain(finish));
        }
    }
}

/// Held by a pipeline while its Scheduler is the current one.
#[derive(Debug)]
pub(crate) struct Connection(Control);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.0.scheduler.send_replace(None);
    }
}

/// The current Scheduler of a crawl, and its changes.
#[derive(Debug)]
pub(crate) struct Schedulers(watch::Receiver<Option<SchedulerHandle>>);

impl Schedulers {
    /// Waits for a Scheduler and returns it; `None` if the crawl is gone.
    pub(crate) async fn current(&mut self) -> Option<SchedulerHandle> {
        let current = self.0.wait_for(Option::is_some).await.ok()?;
        current.clone()
    }

    /// Resolves when the Scheduler that [`current`](Self::current) returned is no longer the current one.
    pub(crate) async fn changed(&mut self) {
        // An error means that the crawl is gone, so its Scheduler is too.
        self.0.changed().await.ok();
    }
}

#[cfg(test)]
mod tests {
    use actix::{Actor, Context, Handler, Message, Recipient};
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

    use super::*;
    use crate::messages::Submitted;

    /// Scheduler that reports its drains.
    struct Probe(UnboundedSender<Finish>);

    impl Actor for Probe {
        type Context = Context<Self>;
    }

    impl Handler<Drain> for Probe {
        type Result = ();

        fn handle(&mut self, Drain(finish): Drain, _: &mut Self::Context) {
            self.0.send(finish).unwrap();
        }
    }

    /// Recipient of messages that do not matter here.
    struct Ignore;

    impl Actor for Ignore {
        type Context = Context<Self>;
    }

    macro_rules! ignore {
        ($($message:ty => $result:ty),*) => {
            $(impl Handler<$message> for Ignore {
                type Result = actix::MessageResult<$message>;

                fn handle(&mut self, _: $message, _: &mut Self::Context) -> Self::Result {
                    actix::MessageResult(<$result>::default())
                }
            })*
        };
    }

    ignore!(Submit => Submitted, QuietSeeds => (), EndOfSeeds => (), Space => ());

    fn ignored<M>() -> Recipient<M>
    where
        M: Message<Result: Send> + Send + 'static,
        Ignore: Handler<M>,
    {
        Ignore.start().recipient()
    }

    fn scheduler() -> (SchedulerHandle, UnboundedReceiver<Finish>) {
        let (drains, drained) = unbounded_channel();
        let handle = SchedulerHandle {
            submit: ignored(),
            quiet_seeds: ignored(),
            end_of_seeds: ignored(),
            space: ignored(),
            drain: Probe(drains).start().recipient(),
            committed: watch::channel(0).1,
        };
        (handle, drained)
    }

    #[actix_rt::test]
    async fn second_stop_ends_the_crawl_at_once() {
        let control = Control::default();
        let (handle, mut drained) = scheduler();
        let connection = control.connect(handle);
        (0..3).for_each(|_| control.stop());
        assert_eq!(drained.recv().await, Some(Finish::Stopped));
        assert_eq!(drained.recv().await, Some(Finish::Interrupted));
        drop(connection);
        assert_eq!(drained.recv().await, None);
    }

    #[actix_rt::test]
    async fn a_crawl_without_a_pipeline_ends_at_the_second_stop() {
        let (control, day) = (Control::default(), Duration::from_secs(86_400));
        let mut stopped = Box::pin(control.stopped_before_start(day));
        for _ in 0..2 {
            assert_eq!(futures_util::poll!(&mut stopped), std::task::Poll::Pending);
            control.stop();
        }
        stopped.await;
        // A single stop, after the time for a drain.
        let control = Control::default();
        control.stop();
        control.stopped_before_start(Duration::ZERO).await;
    }

    #[actix_rt::test]
    async fn later_schedulers_are_drained_too() {
        let control = Control::default();
        control.stop();
        for _ in 0..2 {
            let (handle, mut drained) = scheduler();
            let _connection = control.connect(handle);
            assert_eq!(drained.recv().await, Some(Finish::Stopped));
        }
    }

    #[actix_rt::test]
    async fn followers_see_each_scheduler() {
        let control = Control::default();
        let mut schedulers = control.schedulers();
        for number in 1..3 {
            let (mut handle, _drained) = scheduler();
            handle.committed = watch::channel(number).1;
            let connection = control.connect(handle);
            assert_eq!(*schedulers.current().await.unwrap().committed.borrow(), number);
            drop(connection);
            schedulers.changed().await;
        }
        drop(control);
        assert!(schedulers.current().await.is_none());
    }
}
