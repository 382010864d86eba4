//! The bytes that pages in flight may hold: reserved before a body is read, given back when its lease is home.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::Notify;

/// What all leases together may hold (`scheduler.max_in_flight_bytes`).
#[derive(Debug)]
pub(crate) struct Budget {
    limit: u64,
    held: AtomicU64,
    room: Notify,
}

impl Budget {
    /// A budget of `limit` bytes.
    #[must_use]
    pub(crate) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, held: AtomicU64::new(0), room: Notify::new() })
    }

    /// Bytes held now.
    #[must_use]
    pub(crate) fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether more than half is held: then no lease is given out.
    #[must_use]
    pub(crate) fn is_half_full(&self) -> bool {
        self.held() > self.limit / 2
    }

    /// Whether all of it is held.
    #[must_use]
    pub(crate) fn is_full(&self) -> bool {
        self.held() >= self.limit
    }

    /// Resolves when bytes have been given back after the call.
    pub(crate) fn room(&self) -> tokio::sync::futures::Notified<'_> {
        self.room.notified()
    }
}

/// Bytes reserved of a [`Budget`]; dropping it gives them back.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Reservation {
    /// Nothing reserved yet.
    #[must_use]
    pub(crate) fn empty(budget: Arc<Budget>) -> Self {
        Self { budget, bytes: 0 }
    }

    /// The budget this is part of.
    #[must_use]
    pub(crate) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Bytes reserved.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Grows to `bytes` if the budget has room; does nothing when it is as large already.
    #[must_use]
    pub(crate) fn try_grow(&mut self, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let taken = self.budget.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
            held.checked_add(more).filter(|&sum| sum <= self.budget.limit || more == 0)
        });
        if taken.is_ok() {
            self.bytes += more;
        }
        taken.is_ok()
    }

    /// Makes it exactly `bytes`, over the limit if need be: for what must go on, and for what is held already.
    pub(crate) fn set(&mut self, bytes: u64) {
        if bytes > self.bytes {
            self.budget.held.fetch_add(bytes - self.bytes, Ordering::Relaxed);
        } else {
            self.give_back(self.bytes - bytes);
        }
        self.bytes = bytes;
    }

    fn give_back(&self, bytes: u64) {
        if bytes > 0 {
            self.budget.held.fetch_sub(bytes, Ordering::Relaxed);
            self.budget.room.notify_waiters();
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved_comes_back() {
        let budget = Budget::new(100);
        let mut first = Reservation::empty(budget.clone());
        let mut second = Reservation::empty(budget.clone());
        assert!(first.try_grow(60) && !second.try_grow(50) && second.try_grow(40));
        assert!(budget.is_full());
        first.set(10);
        assert_eq!(budget.held(), 50);
        second.set(200);
        assert!(!first.try_grow(11) && first.try_grow(10));
        drop((first, second));
        assert_eq!(budget.held(), 0);
    }
}
