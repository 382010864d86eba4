//! Builder of a crawl.

use std::{fmt, io, sync::Arc};

use tokio::task::JoinSet;
use url::Url;

use super::{
    crawl,
    plan::CrawlOptions,
    process::{log_queue::drain_log, logging, signals},
    stopper::Stopper,
    without_output::WithoutOutput,
};
use crate::{
    base::time::Mono,
    config::Config,
    error::Result,
    frontier::scope::Filter,
    http::request::Request,
    messages::control::Control,
    parser::{ErrorHandler, Handler, Routes},
    report::{Finish, Report, Snapshot},
    runtime::clock::Clock,
    scheduler::StopWhen,
    sink::Exporter,
};

/// Crawl that has not started yet.
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
    options: CrawlOptions,
    /// Seeds in addition to those of the configuration.
    seeds: Vec<Request>,
    control: Control,
    stops_on_signals: bool,
}

impl Crawler {
    /// Creates a crawl of this configuration.
    ///
    /// Without handlers, every page gives one record and its links are followed. Without a sink in the configuration and
    /// without an [`exporter`](Self::exporter), a warning says before the first fetch that records are discarded.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let options = CrawlOptions {
            config,
            routes: Routes::default(),
            exporters: Vec::new(),
            observers: Vec::new(),
            stop_when: StopWhen::Exhausted,
            filter: None,
            without_output: WithoutOutput::Warn,
        };
        Self { options, seeds: Vec::new(), control: Control::default(), stops_on_signals: false }
    }

    /// Runs `handler` on pages of requests with this label.
    #[must_use]
    pub fn on(mut self, label: &str, handler: impl Handler + 'static) -> Self {
        self.options.routes.on(label, handler);
        self
    }

    /// Runs `handler` on pages whose URL matches the glob `pattern`, unless their label has a handler.
    #[must_use]
    pub fn on_url(mut self, pattern: &str, handler: impl Handler + 'static) -> Self {
        self.options.routes.on_url(pattern, handler);
        self
    }

    /// Runs `handler` on every other page.
    #[must_use]
    pub fn otherwise(mut self, handler: impl Handler + 'static) -> Self {
        self.options.routes.otherwise(handler);
        self
    }

    /// Runs `handler` on requests whose last attempt failed.
    #[must_use]
    pub fn on_error(mut self, handler: impl ErrorHandler + 'static) -> Self {
        self.options.routes.on_error(handler);
        self
    }

    /// Narrows the scope: of the links that the configuration admits, only those belong to the crawl for which `scope`
    /// returns true.
    ///
    /// It is called for every link and redirect, so it must be quick. Seeds are not checked.
    #[must_use]
    pub fn scope(mut self, scope: impl Fn(&Url) -> bool + Send + Sync + 'static) -> Self {
        self.options.filter = Some(Filter(Arc::new(scope)));
        self
    }

    /// Adds an exporter to those of the configuration; `name` is used in logs.
    #[must_use]
    pub fn exporter(mut self, name: &str, exporter: impl Exporter + 'static) -> Self {
        self.options.exporters.push((name.to_owned(), Box::new(exporter)));
        self
    }

    /// Discards records that no output takes, without a warning: for handlers that work by their side effects alone.
    #[must_use]
    pub fn discard_records(mut self) -> Self {
        self.options.without_output = WithoutOutput::Discard;
        self
    }

    /// Adds requests to the seeds of the configuration.
    #[must_use]
    pub fn seeds(mut self, seeds: impl IntoIterator<Item = Request>) -> Self {
        self.seeds.extend(seeds);
        self
    }

    /// Calls `observer` every 250 ms, or every `log.stats_interval` if that is shorter, and at the end.
    ///
    /// It runs on the Scheduler's thread, so it must be quick.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Snapshot) + Send + Sync + 'static) -> Self {
        self.options.observers.push(Arc::new(observer));
        self
    }

    /// Waits for parked hosts instead of ending without their URLs, as a daemon does.
    #[must_use]
    pub fn wait_for_parked(mut self) -> Self {
        self.options.stop_when = StopWhen::Empty;
        self
    }

    /// Logs to standard error from now on, with the level and format of `[log]`.
    ///
    /// If the program has a logger already, nothing changes. See [`log_to`](crate::log_to).
    #[must_use]
    pub fn log_to_stderr(self) -> Self {
        logging::log_to(&self.options.config.log, io::stderr());
        self
    }

    /// Stops the crawl at SIGTERM and SIGINT (Ctrl-C), like [`Stopper::stop`].
    ///
    /// The first signal drains the crawl, the second ends it at once; [`run`](Self::run) returns the report in both cases.
    /// After the crawl these signals have no effect.
    #[must_use]
    pub fn stop_on_signals(mut self) -> Self {
        self.stops_on_signals = true;
        self
    }

    /// Returns a handle that stops the crawl from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper::new(self.control.clone())
    }

    /// Crawls until nothing is left, or until a limit or a stop ends the crawl.
    ///
    /// Needs an actix system on this thread (`#[actix_rt::main]`).
    ///
    /// # Errors
    /// If the configuration has errors, an output is not as the last commit says, the store cannot continue, or the
    /// pipeline dies repeatedly.
    pub async fn run(self) -> Result<Report> {
        // Aborted when the crawl is over.
        let mut tasks = JoinSet::new();
        if self.stops_on_signals {
            tasks.spawn_local(signals::forward(self.stopper()));
        }
        let Self { options, seeds, control, .. } = self;
        let (start, drain) = (Clock::start(), options.config.scheduler.drain);
        let result = tokio::select! {
            biased;
            result = crawl::run(options, seeds, &control) => result,
            () = control.stopped_before_start(drain) => {
                Ok(Report::without_crawl(Finish::Interrupted, start.mono().since(Mono(0))))
            }
        };
        drain_log();
        result
    }
}

impl fmt::Debug for Crawler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Crawler").field("config", &self.options.config).finish_non_exhaustive()
    }
}
