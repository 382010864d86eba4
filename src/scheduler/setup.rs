//! What a Scheduler is made of.

use std::{sync::Arc, time::Duration};

use actix::Recipient;
use tokio::sync::{oneshot, watch};

use super::{Config, FetcherHandle, Limits};
use crate::{
    base::time::Mono,
    error::StoreError,
    frontier::Frontier,
    http::validators::ValidatorCache,
    messages::Flush,
    report::{Report, Snapshot},
    runtime::{budget::Budget, clock::Clock, gauges::Gauges, liveness::LivenessGuard},
    side_table::SideTable,
    store::{ReaderHandle, WriterHandle},
};

/// What watches a crawl.
pub(crate) type Observer = Arc<dyn Fn(&Snapshot) + Send + Sync>;

/// Everything a Scheduler is made of.
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) limits: Limits,
    pub(crate) commit_interval: Duration,
    pub(crate) stats_interval: Duration,
    pub(crate) frontier: Frontier,
    pub(crate) fetchers: Vec<FetcherHandle>,
    pub(crate) concurrency: usize,
    pub(crate) sink: Recipient<Flush>,
    pub(crate) reader: ReaderHandle,
    pub(crate) writer: WriterHandle,
    /// Their changes join each commit.
    pub(crate) side_tables: Vec<Box<dyn SideTable>>,
    /// Versions of what was fetched.
    pub(crate) versions: ValidatorCache,
    /// Told the number of each commit.
    pub(crate) committed: watch::Sender<u64>,
    pub(crate) clock: Clock,
    /// When the crawl began, before any rebuild.
    pub(crate) began: Mono,
    pub(crate) gauges: Gauges,
    pub(crate) budget: Arc<Budget>,
    pub(crate) observers: Vec<Observer>,
    pub(crate) end: oneshot::Sender<Result<Report, StoreError>>,
    pub(crate) vital: LivenessGuard,
    /// Whether the end of the work is the end of the crawl.
    pub(crate) until: StopWhen,
    /// When the first URL is lent.
    pub(crate) first: StartWhen,
}

/// When the first URL is lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartWhen {
    /// As soon as there is one.
    AtOnce,
    /// When the seeds are read: a crawl that goes on has URLs before it knows its scope.
    AfterSeeds,
}

/// When a crawl without work is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopWhen {
    /// At once.
    Exhausted,
    /// When parked hosts have given their URLs too: they are waited for.
    Empty,
}
