//! What an output has accepted and written, for the report of a crawl that ends before everything is written.

use std::{
    error::Error,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::base::locks::lock;

/// State of one output. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct OutputStatus(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: String,
    /// Number of records that the output's exporter was given.
    accepted: AtomicU64,
    /// Number of records that were written through to where `store.durability` demands it.
    flushed: AtomicU64,
    failure: Mutex<Option<OutputFailure>>,
}

/// Why an output cannot be written now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputFailure {
    pub(crate) message: String,
    /// Whether its disk is full.
    pub(crate) is_disk_full: bool,
}

impl OutputStatus {
    /// The state of a new output.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        let (accepted, flushed) = (AtomicU64::new(0), AtomicU64::new(0));
        Self(Arc::new(Shared { name: name.into(), accepted, flushed, failure: Mutex::new(None) }))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Counts records that the output's exporter is given.
    pub(crate) fn accept(&self, records: usize) {
        self.0.accepted.fetch_add(records as u64, Ordering::Relaxed);
    }

    /// Records that the first `records` of the output are written through.
    pub(crate) fn flushed(&self, records: u64) {
        self.0.flushed.store(records, Ordering::Relaxed);
    }

    /// Records that an attempt to write failed.
    pub(crate) fn failed(&self, error: &(dyn Error + Send + Sync + 'static)) {
        *lock(&self.0.failure) = Some(OutputFailure { message: error.to_string(), is_disk_full: is_disk_full(error) });
    }

    /// Records that an attempt to write succeeded.
    pub(crate) fn recovered(&self) {
        *lock(&self.0.failure) = None;
    }

    /// Returns the number of records that are accepted and not written through.
    pub(crate) fn unwritten(&self) -> u64 {
        self.0.accepted.load(Ordering::Relaxed).saturating_sub(self.0.flushed.load(Ordering::Relaxed))
    }

    /// Returns why the last attempt to write failed; `None` if it succeeded.
    pub(crate) fn failure(&self) -> Option<OutputFailure> {
        lock(&self.0.failure).clone()
    }
}

/// Returns true if an error, or one of its sources, is that of a full disk.
fn is_disk_full(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge))
        {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_written_is_counted_with_its_cause() {
        let status = OutputStatus::new("out.jsonl");
        status.accept(5);
        status.flushed(3);
        status.failed(&io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(status.unwritten(), 2);
        assert!(status.failure().unwrap().is_disk_full);
        status.failed(&io::Error::from(io::ErrorKind::PermissionDenied));
        assert!(!status.failure().unwrap().is_disk_full);
        status.recovered();
        assert_eq!(status.failure(), None);
    }
}
