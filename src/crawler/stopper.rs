//! Stopping a crawl from elsewhere.

use std::sync::Arc;

use tokio::sync::watch;

/// Stops a crawl; may be cloned and sent anywhere.
///
/// The first call lets what is in flight come home, within `scheduler.drain`; the second ends the crawl at once. Both
/// leave a consistent state.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<watch::Sender<u32>>);

impl Stopper {
    /// Stops the crawl.
    pub fn stop(&self) {
        self.0.send_modify(|calls| *calls += 1);
    }
}

/// What a stop asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Let what is in flight come home.
    Drain,
    /// End at once.
    Halt,
}

/// The crawl's end of its stoppers.
#[derive(Debug)]
pub(super) struct Stops {
    calls: watch::Receiver<u32>,
    stopper: Stopper,
    /// Calls answered so far, 2 at most.
    answered: u32,
}

impl Default for Stops {
    fn default() -> Self {
        let (sender, calls) = watch::channel(0);
        Self { calls, stopper: Stopper(Arc::new(sender)), answered: 0 }
    }
}

impl Stops {
    pub(super) fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Resolves with the next signal: a drain, then a halt, then never again. Safe to drop and call again.
    pub(super) async fn next(&mut self) -> Signal {
        if self.answered >= 2 {
            std::future::pending::<()>().await;
        }
        let answered = self.answered;
        // The sender lives in `stopper`, so the channel is never closed.
        self.calls.wait_for(|calls| *calls > answered).await.ok();
        self.answered += 1;
        if self.answered == 1 { Signal::Drain } else { Signal::Halt }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_rt::test]
    async fn two_calls_are_a_drain_and_a_halt() {
        let mut stops = Stops::default();
        let stopper = stops.stopper();
        (0..3).for_each(|_| stopper.stop());
        assert_eq!((stops.next().await, stops.next().await), (Signal::Drain, Signal::Halt));
    }
}
