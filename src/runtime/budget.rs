//! Bytes that leases hold: reserved before a body is read, freed when the lease is settled.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::Notify;

/// Maximum number of bytes that all leases together hold (`scheduler.max_in_flight_bytes`).
#[derive(Debug)]
pub(crate) struct Budget {
    limit: u64,
    held: AtomicU64,
    freed: Notify,
}

impl Budget {
    /// Creates a budget of `limit` bytes.
    #[must_use]
    pub(crate) fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, held: AtomicU64::new(0), freed: Notify::new() })
    }

    /// Returns the number of bytes held now.
    #[must_use]
    pub(crate) fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Returns true if more than half is held; then no lease is issued.
    #[must_use]
    pub(crate) fn is_half_full(&self) -> bool {
        self.held() > self.limit / 2
    }

    /// Returns true if all bytes are held.
    #[must_use]
    pub(crate) fn is_full(&self) -> bool {
        self.held() >= self.limit
    }

    /// Resolves when bytes have been freed after the call.
    pub(crate) fn freed(&self) -> tokio::sync::futures::Notified<'_> {
        self.freed.notified()
    }
}

/// Bytes reserved in a [`Budget`]; dropping it frees them.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Reservation {
    /// Creates a reservation of 0 bytes.
    #[must_use]
    pub(crate) fn empty(budget: Arc<Budget>) -> Self {
        Self { budget, bytes: 0 }
    }

    /// Returns the budget.
    #[must_use]
    pub(crate) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Returns the number of reserved bytes.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Grows to `bytes` and returns true if the budget allows it, or if it is that large already.
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

    /// Sets the size to `bytes`, even above the budget: for a response that must finish, and for bytes held already.
    pub(crate) fn set(&mut self, bytes: u64) {
        if bytes > self.bytes {
            self.budget.held.fetch_add(bytes - self.bytes, Ordering::Relaxed);
        } else {
            self.free(self.bytes - bytes);
        }
        self.bytes = bytes;
    }

    fn free(&self, bytes: u64) {
        if bytes > 0 {
            self.budget.held.fetch_sub(bytes, Ordering::Relaxed);
            self.budget.freed.notify_waiters();
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.free(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_reservations_are_freed() {
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
