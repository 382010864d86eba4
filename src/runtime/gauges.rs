//! Where the leases are: live counts that the Scheduler reads to deal, and to say what limits the crawl.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A live count, shared by those who raise and those who read it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauge(Arc<AtomicUsize>);

impl Gauge {
    /// The count.
    #[must_use]
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts one until the result is dropped.
    #[must_use]
    pub(crate) fn enter(&self) -> Presence {
        self.0.fetch_add(1, Ordering::Relaxed);
        Presence(self.clone())
    }
}

/// One in a [`Gauge`]'s count.
#[derive(Debug)]
pub(crate) struct Presence(Gauge);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many leases each stage has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauges {
    /// With the Fetchers.
    pub network: Gauge,
    /// With the Parsers.
    pub parser: Gauge,
    /// With the Sink, waiting for room in an exporter's queue.
    pub sink: Gauge,
}
