//! What every pipeline of a crawl is built from.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use tokio::sync::mpsc::UnboundedSender;

use super::{Outlets, client_identity, open_files};
use crate::{
    base::{locks::lock, time::Wall},
    config::Config,
    error::{Error, Result},
    fetcher::Identity,
    frontier::{
        Frontier,
        scope::{Filter, Scope},
    },
    http::request::Request,
    parser::{CrashGuard, Refreshes, RobotsDirectivePolicy, Router, Routes, StartKind, Statuses},
    runtime::threads,
    scheduler::{Observer, StopWhen},
    sink::{self, Exporter, ExporterSlot},
    store::{Commit, Engine, OpenMode, Recovered, SinkId, Store},
    transport::{Guard, NetworkContext, Tls, is_online},
    urls::rewrite,
};

/// Everything that stays the same when a pipeline is rebuilt.
pub(super) struct Plan {
    pub(super) config: Config,
    pub(super) router: Arc<Router>,
    pub(super) statuses: Statuses,
    /// With the surroundings of all seeds read so far: a pipeline built again begins with them.
    pub(super) scope: Arc<Mutex<Scope>>,
    /// What lies between the crawler and the servers.
    pub(super) outside: NetworkContext,
    pub(super) identity: Identity,
    pub(super) observers: Vec<Observer>,
    pub(super) until: StopWhen,
    /// Where Parsers note what they do, with a state directory.
    pub(super) parsing: Option<Arc<CrashGuard>>,
    /// Opens the store of each pipeline. Lives here because a crawl in memory must survive a rebuild.
    engine: Arc<dyn Engine>,
    /// The outputs, as the crawl's identity names them.
    outputs: Vec<String>,
}

impl Plan {
    /// Checks everything that can be checked before the first fetch.
    ///
    /// # Errors
    /// [`Error::Config`] with every mistake.
    pub(super) fn new(
        mut config: Config,
        routes: Routes,
        exporters: Vec<(String, Box<dyn Exporter>)>,
        seeds: &[Request],
        observers: Vec<Observer>,
        until: StopWhen,
        closed: &UnboundedSender<()>,
    ) -> Result<(Self, Outlets)> {
        config.check()?;
        let router = routes.build().map_err(Error::Config)?;
        let labels = config.seed_labels()?;
        let given = seeds.iter().filter_map(Request::label_name);
        let labels = labels.iter().chain(given).map(|label| &**label);
        router.check_labels(labels).map_err(Error::Config)?;
        let statuses = statuses(&config)?;
        let rules = rewrite::Rules::new(config.urls.clone()).map_err(Error::Config)?;
        let scope = Scope::new(config.scope.clone()).map_err(Error::Config)?;
        let scope = scope.with_rules(rules).with_traps(config.traps.clone());
        let identity = client_identity::open(&config)?;
        let mut outlets = sink::build(&config.sink, closed).map_err(Error::Config)?;
        for (name, exporter) in exporters {
            let id = SinkId::try_from(outlets.len()).map_err(|_| Error::config("crawler", "sink", "too many sinks"))?;
            outlets.push(ExporterSlot { id, name, label: None, exporter });
        }
        let outside = outside(&config)?;
        let fetcher = &mut config.fetcher;
        (fetcher.concurrency, fetcher.idle) = open_files::fit(fetcher.concurrency, fetcher.idle)?;
        let outputs = outlets.iter().map(output_name).collect();
        let scope = Arc::new(Mutex::new(scope));
        let (router, engine, parsing) = (Arc::new(router), config.store.engine(), None);
        Ok((
            Self { config, router, statuses, scope, outside, identity, observers, until, parsing, engine, outputs },
            outlets,
        ))
    }

    /// The same plan with a scope that the user's code narrows.
    pub(super) fn filtered(self, filter: Option<Filter>) -> Self {
        let scope = lock(&self.scope).clone().with_filter(filter);
        Self { scope: Arc::new(Mutex::new(scope)), ..self }
    }

    /// What is done for pages that ask something of robots.
    pub(super) fn manners(&self) -> RobotsDirectivePolicy {
        let politeness = &self.config.politeness;
        let (meta_robots, nofollow) = (politeness.meta_robots, politeness.nofollow);
        RobotsDirectivePolicy { agent: self.config.crawl.robots_agent().into(), meta_robots, nofollow }
    }

    /// What becomes of refreshes.
    pub(super) fn refreshes(&self) -> Refreshes {
        refreshes(&self.config)
    }

    /// Opens the store of the configuration.
    ///
    /// # Errors
    /// Like [`Engine::open`].
    pub(super) async fn open_store(&self, mode: OpenMode) -> Result<Box<dyn Store>> {
        let (engine, outputs) = (self.engine.clone(), self.outputs.clone());
        blocking(move || Ok(engine.open(mode, &outputs)?)).await
    }

    /// Begins a new crawl, or one of whose outputs it is not known how far they reach, with a commit that holds the
    /// outputs as they are: from then on every start is a recovery.
    ///
    /// # Errors
    /// When an output cannot be written, or the store not be committed to.
    pub(super) async fn begin(&self, store: &mut dyn Store, outlets: Outlets) -> Result<Outlets> {
        let Recovered { number, meta, mut positions } = store.recover()?;
        let is_known = |outlet: &ExporterSlot| positions.iter().any(|(id, _)| *id == outlet.id);
        if number > 0 {
            log::info!(path:% = self.config.store.path.display(), commits = number;
                "going on with the crawl in the state directory");
            if outlets.iter().all(is_known) {
                return Ok(outlets);
            }
        }
        let durability = self.config.store.durability;
        let (outlets, positions) = blocking(move || {
            let mut outlets = outlets;
            for outlet in &mut outlets {
                if positions.iter().any(|(id, _)| *id == outlet.id) {
                    continue;
                }
                if number > 0 {
                    adopt(outlet)?
                } else {
                    outlet.recover(&[])?
                }
                positions.push((outlet.id, outlet.position(durability)?));
            }
            Ok((outlets, positions))
        })
        .await?;
        store.commit(&Commit { number: number + 1, positions, meta, ..Commit::default() })?;
        Ok(outlets)
    }

    /// Finds out which pages were being parsed when the last process died.
    ///
    /// # Errors
    /// When the state directory's note of that is damaged.
    pub(super) fn load_crash_guard(&mut self, store: &mut dyn Store) -> Result<()> {
        let Some(path) = self.engine.directory() else { return Ok(()) };
        let age = if store.recover()?.number == 0 { StartKind::New } else { StartKind::Old };
        let parsing = CrashGuard::open(&path.join("parsing"), age);
        self.parsing = Some(Arc::new(parsing.map_err(|error| error.with_way_out(path))?));
        Ok(())
    }

    /// The frontier as the store's last commit left it.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn frontier(&self, store: &mut dyn Store, now: Wall) -> Result<Frontier> {
        let config = self.config.frontier(now.0);
        Ok(Frontier::new(config, lock(&self.scope).clone(), &store.recover()?, &store.claim_partitions(now, &[])?))
    }
}

/// Takes a seed's surroundings into the scope, as the frontier will.
pub(super) fn take_in(scope: &Mutex<Scope>, seed: &Request) {
    let mut scope = lock(scope);
    let seed = scope.rewritten(seed.clone());
    if scope.admits_seed(seed.url()).is_ok() {
        scope.add_seed(seed.url());
    }
}

/// An output as the crawl's identity names it: without its directory, so that it may be moved.
fn output_name(outlet: &ExporterSlot) -> String {
    let name = Path::new(&outlet.name).file_name().unwrap_or_default().to_string_lossy();
    match &outlet.label {
        Some(label) => format!("{name} (label {label})"),
        None => name.into_owned(),
    }
}

/// Goes on with an output whose position was lost with a part of the state.
fn adopt(outlet: &mut ExporterSlot) -> Result<()> {
    log::warn!(output = outlet.name;
        "how far this output was committed is not known: nothing of it is cut, records may come twice or be missing");
    outlet.adopt()
}

/// Which answers are pages, as configured.
///
/// # Errors
/// Every text of `parser.statuses` that is none.
pub(super) fn statuses(config: &Config) -> Result<Statuses> {
    Statuses::new(&config.parser.statuses).map_err(Error::Config)
}

/// What becomes of refreshes, as configured.
pub(super) fn refreshes(config: &Config) -> Refreshes {
    let (parser, fetcher) = (&config.parser, &config.fetcher);
    let (redirects, secret_headers) = (fetcher.redirects, fetcher.secret_headers.clone());
    Refreshes { at: parser.refresh, longest: parser.refresh_delay, redirects, secret_headers }
}

/// What lies between the crawler and the servers, as configured.
///
/// # Errors
/// When a certificate of `[tls]` cannot be used.
pub(super) fn outside(config: &Config) -> Result<NetworkContext> {
    let tls = Tls::new(&config.tls).map_err(|message| Error::config("config", "tls", message))?;
    let guard = Guard::new(config.crawl.allow_private.clone(), config.fetcher.ports.clone());
    Ok(NetworkContext { guard: Arc::new(guard), names: config.dns.clone(), tls, is_online })
}

/// Runs what may block on a thread where it may: exporters may bring blocking clients, which panic inside a runtime.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (done, result) = tokio::sync::oneshot::channel();
    let body = move || {
        // Whoever waited has given up when this fails.
        done.send(work()).ok();
    };
    threads::spawn("outputs", body)?;
    result.await.map_err(|_| Error::Pipeline("an exporter panicked while it recovered".to_owned()))?
}
