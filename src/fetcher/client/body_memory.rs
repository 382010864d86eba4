//! Memory for bodies: which response may read on, and which must wait.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    pin::pin,
    rc::Rc,
};

use futures_util::future::select;
use tokio::sync::Notify;

use crate::runtime::budget::Reservation;

/// Order of the responses that a Fetcher is reading.
///
/// The oldest one gets memory even above the limit, so that one response can always finish.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyMemory(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// One number per response being read; bounded by the number of leases.
    reading: RefCell<BTreeSet<u64>>,
    next: Cell<u64>,
    /// Notified when another response becomes the oldest.
    oldest_changed: Notify,
}

impl BodyMemory {
    /// Adds a response after those being read.
    pub(crate) fn turn(&self) -> BodyTurn {
        let number = self.0.next.get();
        self.0.next.set(number + 1);
        self.0.reading.borrow_mut().insert(number);
        BodyTurn { order: self.0.clone(), number }
    }
}

/// Turn of a response in [`BodyMemory`]. Dropping it ends the turn.
#[derive(Debug)]
pub(crate) struct BodyTurn {
    order: Rc<Inner>,
    number: u64,
}

impl BodyTurn {
    /// Grows `held` to `bytes` without waiting. Returns false if there is not enough memory.
    pub(crate) fn try_reserve(&self, held: &mut Reservation, bytes: u64) -> bool {
        if held.try_grow(bytes) {
            return true;
        }
        let is_oldest = self.order.reading.borrow().first() == Some(&self.number);
        if is_oldest {
            held.set(bytes);
        }
        is_oldest
    }

    /// Grows `held` to `bytes`. Waits until there is memory or no older response is being read.
    pub(crate) async fn reserve(&self, held: &mut Reservation, bytes: u64) {
        let budget = held.budget().clone();
        loop {
            // Created before the check, so that a notification between check and wait is not missed.
            let (freed, turn) = (pin!(budget.freed()), pin!(self.order.oldest_changed.notified()));
            if self.try_reserve(held, bytes) {
                return;
            }
            select(freed, turn).await;
        }
    }
}

impl Drop for BodyTurn {
    fn drop(&mut self) {
        let mut reading = self.order.reading.borrow_mut();
        let was_oldest = reading.first() == Some(&self.number);
        reading.remove(&self.number);
        if was_oldest {
            self.order.oldest_changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::runtime::budget::Budget;

    #[actix_rt::test]
    async fn the_oldest_continues_and_others_wait_for_memory_or_their_turn() {
        let budget = Budget::new(100);
        let (memory, [mut a, mut b, mut c]) =
            (BodyMemory::default(), [(); 3].map(|()| Reservation::empty(budget.clone())));
        let (first, second, third) = (memory.turn(), memory.turn(), memory.turn());
        second.reserve(&mut b, 90).now_or_never().unwrap();
        first.reserve(&mut a, 50).now_or_never().unwrap();
        assert_eq!(budget.held(), 140);
        let mut waits = Box::pin(third.reserve(&mut c, 40));
        assert!((&mut waits).now_or_never().is_none());
        b.set(10);
        assert!((&mut waits).now_or_never().is_some());
        drop(waits);
        let mut waits = Box::pin(second.reserve(&mut b, 70));
        assert!((&mut waits).now_or_never().is_none());
        drop(first);
        assert!((&mut waits).now_or_never().is_some());
        drop(waits);
        assert_eq!(budget.held(), 50 + 70 + 40);
    }
}
