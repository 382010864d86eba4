//! Holds the place of the library's `Crawler` and what belongs to it, until both parts meet.

use std::{fmt, time::Duration};

use lycosa::{Config, Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    Finished,
    Stopped,
    Interrupted,
    NotDrained,
    LimitPages,
    LimitRecords,
    LimitBytes,
    LimitTime,
    LimitErrors,
    ClosedOutput,
}

#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) finish: Finish,
    pub(crate) elapsed: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "finish_reason: {:?}", self.finish)
    }
}

#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) pages: u64,
    pub(crate) records: u64,
    pub(crate) queued: u64,
    pub(crate) in_flight: u64,
    pub(crate) elapsed: Duration,
    pub(crate) pages_per_minute: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct Stopper;

impl Stopper {
    pub(crate) fn stop(&self) {}
}

#[derive(Debug)]
pub(crate) struct Crawler;

impl Crawler {
    pub(crate) fn new(_: Config) -> Self {
        Self
    }

    pub(crate) fn observe(self, _: impl Fn(&Snapshot) + Send + 'static) -> Self {
        self
    }

    pub(crate) fn stopper(&self) -> Stopper {
        Stopper
    }

    pub(crate) async fn run(self) -> Result<Report> {
        Err(Error::Pipeline("there is no pipeline yet".to_owned()))
    }
}
