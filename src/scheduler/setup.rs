//! What a Scheduler is made of.

use std::{sync::Arc, time::Duration};

use actix::Recipient;
use bytes::Bytes;
use tokio::sync::{oneshot, watch};

use super::{Config, Limits, Member};
use crate::{
    base::time::{Mono, Wall},
    error::StoreError,
    frontier::Frontier,
    http::validators::Versions,
    messages::Flush,
    report::{Report, Snapshot},
    runtime::{budget::Budget, clock::Clock, gauges::Gauges, liveness::Vital},
    store::{Reader, Writer},
};

/// What others want to be kept with the crawl, as rows that have changed since the last call.
pub(crate) type Keep = Box<dyn Fn(Wall) -> Vec<(Bytes, Option<Bytes>)> + Send>;

/// What watches a crawl.
pub(crate) type Observer = Arc<dyn Fn(&Snapshot) + Send + Sync>;

/// Everything a Scheduler is made of.
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) limits: Limits,
    pub(crate) commit_interval: Duration,
    pub(crate) stats_interval: Duration,
    pub(crate) frontier: Frontier,
    pub(crate) fetchers: Vec<Member>,
    pub(crate) concurrency: usize,
    pub(crate) sink: Recipient<Flush>,
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
    /// Asked for each commit; what it says of something is from after the settlements that the commit has.
    pub(crate) keep: Keep,
    /// Versions of what was fetched.
    pub(crate) versions: Versions,
    /// Told the number of each commit.
    pub(crate) committed: watch::Sender<u64>,
    pub(crate) clock: Clock,
    /// When the crawl began, before any rebuild.
    pub(crate) began: Mono,
    pub(crate) gauges: Gauges,
    pub(crate) budget: Arc<Budget>,
    pub(crate) observers: Vec<Observer>,
    pub(crate) end: oneshot::Sender<Result<Report, StoreError>>,
    pub(crate) vital: Vital,
    /// Whether the end of the work is the end of the crawl.
    pub(crate) until: Until,
    /// When the first URL is lent.
    pub(crate) first: First,
}

/// When the first URL is lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First {
    /// As soon as there is one.
    AtOnce,
    /// When the seeds are read: a crawl that goes on has URLs before it knows its scope.
    AfterSeeds,
}

/// When a crawl without work is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// At once.
    Exhausted,
    /// When parked hosts have given their URLs too: they are waited for.
    Empty,
}
