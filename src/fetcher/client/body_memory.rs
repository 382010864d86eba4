//! Bytes for bodies: who may read on, and who waits.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    pin::pin,
    rc::Rc,
};

use futures_util::future::select;
use tokio::sync::Notify;

use crate::runtime::budget::Reservation;

/// The responses a Fetcher is reading, oldest first. The oldest always gets its bytes, so that one can always finish.
#[derive(Clone, Debug, Default)]
pub(crate) struct BodyMemory(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// One for each response being read: bounded by the leases out.
    reading: RefCell<BTreeSet<u64>>,
    next: Cell<u64>,
    /// Notified when another one becomes the oldest.
    turn: Notify,
}

impl BodyMemory {
    /// Takes a place behind those that are reading.
    pub(crate) fn place(&self) -> BodyTurn {
        let number = self.0.next.get();
        self.0.next.set(number + 1);
        self.0.reading.borrow_mut().insert(number);
        BodyTurn { room: self.0.clone(), number }
    }
}

/// A response's place among those being read; given up when dropped.
#[derive(Debug)]
pub(crate) struct BodyTurn {
    room: Rc<Inner>,
    number: u64,
}

impl BodyTurn {
    /// Grows `held` to `bytes`, without waiting.
    pub(crate) fn try_reserve(&self, held: &mut Reservation, bytes: u64) -> bool {
        if held.try_grow(bytes) {
            return true;
        }
        let is_oldest = self.room.reading.borrow().first() == Some(&self.number);
        if is_oldest {
            held.set(bytes);
        }
        is_oldest
    }

    /// Grows `held` to `bytes`, once there is room or nobody older is reading.
    pub(crate) async fn reserve(&self, held: &mut Reservation, bytes: u64) {
        let budget = held.budget().clone();
        loop {
            // Both know of notifications from here on, so that none is missed between the question and the wait.
            let (room, turn) = (pin!(budget.freed()), pin!(self.room.turn.notified()));
            if self.try_reserve(held, bytes) {
                return;
            }
            select(room, turn).await;
        }
    }
}

impl Drop for BodyTurn {
    fn drop(&mut self) {
        let mut reading = self.room.reading.borrow_mut();
        let was_oldest = reading.first() == Some(&self.number);
        reading.remove(&self.number);
        if was_oldest {
            self.room.turn.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::runtime::budget::Budget;

    #[actix_rt::test]
    async fn the_oldest_goes_on_and_the_others_wait_for_room_or_for_their_turn() {
        let budget = Budget::new(100);
        let (room, [mut a, mut b, mut c]) =
            (BodyMemory::default(), [(); 3].map(|()| Reservation::empty(budget.clone())));
        let (first, second, third) = (room.place(), room.place(), room.place());
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
