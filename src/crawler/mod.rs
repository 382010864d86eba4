//! Builds the pipeline, and builds it again when any part of it dies.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use url::Url;

use self::{
    pipeline::{Ended, Pipeline},
    plan::{Plan, take_in},
    seeds::Seeds,
    stopper::{Signal, Stops},
};
use crate::{
    base::time::Mono,
    config::Config,
    error::{Error, Result},
    frontier::{last_moment, scope::Filter},
    http::request::Request,
    messages::Drain,
    parser::{ErrorHandler, Handler, Routes},
    report::{Finish, Report, Snapshot},
    runtime::clock::Clock,
    scheduler::{Observer, StartWhen, StopWhen},
    sink::{Exporter, ExporterSlot},
    store::OpenMode,
};

mod client;
mod client_identity;
mod disk_space;
mod explain;
mod open_files;
mod pipeline;
mod plan;
mod seeds;
mod stopper;
mod workers;

pub use client::{Client, Trace, TraceError, fetch_once};
pub use explain::{Explanation, RobotsCheck, check_robots, explain};
pub use stopper::Stopper;

/// Rebuilds of the pipeline within [`REBUILD_WINDOW`], at most: more deaths than that have a cause that stays.
const MAX_REBUILDS: usize = 3;

/// Over which rebuilds are counted.
const REBUILD_WINDOW: Duration = Duration::from_secs(600);

/// A crawl in the making.
///
/// ```no_run
/// # use lycosa::{Config, Crawler, HandlerResult, Output, Page};
/// # use serde_json::json;
/// fn title(page: &Page, out: &mut Output) -> HandlerResult {
///     out.record(json!({ "url": page.url().as_str(), "title": page.title() }));
///     out.follow_links();
///     Ok(())
/// }
///
/// # #[actix_rt::main]
/// # async fn main() -> lycosa::Result<()> {
/// let report = Crawler::new(Config::load(["crawl.toml"])?).otherwise(title).run().await?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
pub struct Crawler {
    config: Config,
    routes: Routes,
    exporters: Vec<(String, Box<dyn Exporter>)>,
    seeds: Vec<Request>,
    observers: Vec<Observer>,
    stops: Stops,
    until: StopWhen,
    scope: Option<Filter>,
}

impl Crawler {
    /// A crawl of this configuration. Without any handler, every page yields one record and its links are followed.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            routes: Routes::default(),
            exporters: Vec::new(),
            seeds: Vec::new(),
            observers: Vec::new(),
            stops: Stops::default(),
            until: StopWhen::Exhausted,
            scope: None,
        }
    }

    /// Pages of requests with this label go to `handler`.
    #[must_use]
    pub fn on(mut self, label: &str, handler: impl Handler + 'static) -> Self {
        self.routes.on(label, handler);
        self
    }

    /// Pages whose URL matches the glob `pattern` go to `handler`, unless their label has one.
    #[must_use]
    pub fn on_url(mut self, pattern: &str, handler: impl Handler + 'static) -> Self {
        self.routes.on_url(pattern, handler);
        self
    }

    /// Every other page goes to `handler`.
    #[must_use]
    pub fn otherwise(mut self, handler: impl Handler + 'static) -> Self {
        self.routes.otherwise(handler);
        self
    }

    /// Requests whose last attempt failed go to `handler`.
    #[must_use]
    pub fn on_error(mut self, handler: impl ErrorHandler + 'static) -> Self {
        self.routes.on_error(handler);
        self
    }

    /// Only links for which `scope` says yes belong to the crawl, of those that the configuration admits. It is asked for
    /// every link, so it must be quick; seeds are never asked about, redirects are.
    #[must_use]
    pub fn scope(mut self, scope: impl Fn(&Url) -> bool + Send + Sync + 'static) -> Self {
        self.scope = Some(Filter(Arc::new(scope)));
        self
    }

    /// Records go to `exporter` too, beside those of the configuration; `name` is for logs.
    #[must_use]
    pub fn exporter(mut self, name: &str, exporter: impl Exporter + 'static) -> Self {
        self.exporters.push((name.to_owned(), Box::new(exporter)));
        self
    }

    /// Starts from these requests too, beside the seeds of the configuration.
    #[must_use]
    pub fn seeds(mut self, seeds: impl IntoIterator<Item = Request>) -> Self {
        self.seeds.extend(seeds);
        self
    }

    /// Calls `observer` every 250 ms, or every `log.stats_interval` if that is shorter, and at the end; on the
    /// Scheduler's thread, so it must be quick.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Snapshot) + Send + Sync + 'static) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Hosts that cannot be asked within the limits are waited for, not left: what a daemon wants.
    #[must_use]
    pub fn wait_for_parked(mut self) -> Self {
        self.until = StopWhen::Empty;
        self
    }

    /// What stops the crawl from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stops.stopper()
    }

    /// Crawls until nothing is left, or a limit or a stop ends it. Needs an actix system on this thread
    /// (`#[actix_rt::main]`).
    ///
    /// # Errors
    /// When the configuration has mistakes, an output is not what was left, or the pipeline dies again and again.
    pub async fn run(self) -> Result<Report> {
        let (closed, mut closing) = unbounded_channel();
        let Self { config, routes, exporters, seeds, observers, mut stops, until, scope } = self;
        let (plan, mut outlets) = Plan::new(config, routes, exporters, &seeds, observers, until, &closed)?;
        let mut plan = plan.filtered(scope);
        let (guard, scope) = (plan.outside.guard.clone(), plan.scope.clone());
        let take_in = move |seed: &Request| {
            guard.exempt(seed.url());
            take_in(&scope, seed);
        };
        let (standing, streams) = plan.config.seeds()?.split();
        let seeds = Seeds::new(standing.chain(seeds).inspect(take_in.clone()), streams.inspect(take_in))?;
        let clock = Clock::start();
        let mode = if plan.config.store.fresh { OpenMode::CreateNew } else { OpenMode::ResumeOrCreate };
        let mut store = plan.open_store(mode).await?;
        plan.load_crash_guard(&mut *store)?;
        outlets = plan.begin(&mut *store, outlets).await?;
        let recovered = store.recover()?;
        let clock = clock.no_earlier_than(last_moment(&recovered));
        client_identity::resume(&plan, &store.side_rows()?, last_moment(&recovered), clock.now().wall)?;
        // The commit that a new crawl begins with is its first.
        let mut first = if recovered.number > 1 { StartWhen::AfterSeeds } else { StartWhen::AtOnce };
        let mut rebuilds = Rebuilds::default();
        loop {
            let mut pipeline = Pipeline::start(&plan, &seeds, clock, first, store, outlets).await?;
            let ended = watch(&mut pipeline, &mut stops, &mut closing).await;
            match ended {
                Ended::Report(mut report) => {
                    pipeline.finish(report.finish).await;
                    report.rebuilds = rebuilds.total;
                    return Ok(report);
                }
                Ended::Store(error) => {
                    pipeline.finish(Finish::Interrupted).await;
                    return Err(error.into());
                }
                Ended::ThreadExit(cause) => {
                    log::error!(cause; "pipeline died; rebuilding it from the last commit");
                    outlets = pipeline.take_down().await?;
                    rebuilds.count(clock.mono(), cause)?;
                    plan.identity.side_tables().iter().for_each(|table| table.mark_all_changed());
                    store = plan.open_store(OpenMode::ResumeOrCreate).await?;
                    first = StartWhen::AtOnce;
                }
            }
        }
    }
}

/// Waits for the end of a pipeline, and passes on what is to end it.
async fn watch(pipeline: &mut Pipeline, stops: &mut Stops, closing: &mut UnboundedReceiver<()>) -> Ended {
    loop {
        tokio::select! {
            biased;
            ended = pipeline.ended() => return ended,
            signal = stops.next() => match signal {
                Signal::Drain => pipeline.tell(Drain(Finish::Stopped)),
                Signal::Halt => pipeline.tell(Drain(Finish::Interrupted)),
            },
            Some(()) = closing.recv() => pipeline.tell(Drain(Finish::ClosedOutput)),
        }
    }
}

/// When the pipeline was rebuilt.
#[derive(Debug, Default)]
struct Rebuilds {
    /// Those within the window: at most [`MAX_REBUILDS`].
    recent: VecDeque<Mono>,
    total: u32,
}

impl Rebuilds {
    fn count(&mut self, now: Mono, cause: String) -> Result<()> {
        self.total += 1;
        self.recent.retain(|at| now.since(*at) < REBUILD_WINDOW);
        if self.recent.len() >= MAX_REBUILDS {
            return Err(Error::Pipeline(cause));
        }
        self.recent.push_back(now);
        Ok(())
    }
}

impl std::fmt::Debug for Crawler {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Crawler").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The outputs, as they go from one pipeline to the next.
type Outlets = Vec<ExporterSlot>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_rebuilds_in_ten_minutes_are_enough() {
        let mut rebuilds = Rebuilds::default();
        let minute = |minutes: u64| Mono(0) + Duration::from_secs(60 * minutes);
        for at in [0, 1, 2, 11] {
            assert!(rebuilds.count(minute(at), String::new()).is_ok(), "{at}");
        }
        assert!(rebuilds.count(minute(11), String::new()).is_ok());
        assert!(rebuilds.count(minute(11), "again".into()).is_err());
    }
}
