//! What a Scheduler is built from.

use std::{sync::Arc, time::Duration};

use actix::Recipient;
use tokio::sync::watch;

use super::{config::Config, limits::Limits};
use crate::{
    base::time::Mono,
    http::validators::ValidatorCache,
    messages::Flush,
    report::Snapshot,
    runtime::{budget::Budget, clock::Clock, gauges::Gauges, output_status::OutputStatus},
    side_table::SideTable,
    store::{self, ReaderHandle, WriterHandle},
};

/// Function that watches a crawl.
pub(crate) type Observer = Arc<dyn Fn(&Snapshot) + Send + Sync>;

/// Configuration of a Scheduler, and the parts that it works with.
pub(crate) struct Setup {
    /// `[scheduler]`
    pub(crate) config: Arc<Config>,
    /// `[limits]`
    pub(crate) limits: Arc<Limits>,
    /// `[store]`
    pub(crate) store: Arc<store::Config>,
    /// `log.stats_interval`
    pub(crate) stats_interval: Duration,
    /// `fetcher.concurrency`, reduced to what the limit of open files allows.
    pub(crate) concurrency: usize,
    pub(crate) sink: Recipient<Flush>,
    pub(crate) reader: ReaderHandle,
    pub(crate) writer: WriterHandle,
    /// Tables whose changes are added to each commit.
    pub(crate) side_tables: Vec<Box<dyn SideTable>>,
    /// Validators of fetched pages.
    pub(crate) validators: ValidatorCache,
    /// Receives the number of each commit.
    pub(crate) committed: watch::Sender<u64>,
    pub(crate) clock: Clock,
    /// Start of the crawl, before any rebuild.
    pub(crate) start: Mono,
    pub(crate) gauges: Gauges,
    /// State of each output.
    pub(crate) outputs: Vec<OutputStatus>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) observers: Vec<Observer>,
    pub(crate) stop_when: StopWhen,
    pub(crate) start_when: StartWhen,
}

/// When the first lease is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartWhen {
    /// When there is a URL.
    AtOnce,
    /// After the seeds have been read: a resumed crawl has URLs before it knows its whole scope.
    AfterSeeds,
}

/// When a crawl without work is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopWhen {
    /// When all queued URLs belong to parked hosts.
    Exhausted,
    /// When no URL is queued, so parked hosts are waited for.
    Empty,
}
