//! Number of leases at each stage. The Scheduler uses it to select Fetchers and to find the bottleneck.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Shared counter that goes up and down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauge(Arc<AtomicUsize>);

impl Gauge {
    /// Returns the count.
    #[must_use]
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Adds one until the result is dropped.
    #[must_use]
    pub(crate) fn enter(&self) -> Presence {
        self.0.fetch_add(1, Ordering::Relaxed);
        Presence(self.clone())
    }
}

/// One entry in the count of a [`Gauge`].
#[derive(Debug)]
pub(crate) struct Presence(Gauge);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Number of leases at each stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauges {
    /// Leases at the Fetchers.
    pub network: Gauge,
    /// Leases at the Parsers.
    pub parser: Gauge,
    /// Leases at the Sink that wait for space in an exporter's queue.
    pub sink: Gauge,
}
