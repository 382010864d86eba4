//! What every pipeline of a crawl is built from.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use log::{info, warn};

use super::{
    client_identity, from_config, generations::CurrentGeneration, process::open_files, without_output::WithoutOutput,
};
use crate::{
    base::{locks::lock, time::Wall},
    config::Config,
    error::{Error, Result},
    fetcher::{self, Identity},
    frontier::{
        Frontier,
        crawl_start::CrawlStart,
        scope::{Filter, Scope},
    },
    http::request::Request,
    messages::control::Control,
    parser::{self, CrashGuard, Refreshes, RobotsDirectivePolicy, Router, Routes, Statuses},
    runtime::threads::blocking,
    scheduler::{self, Observer, StopWhen},
    sink::{self, Exporter, ExporterSlot},
    store::{self, Commit, Engine, OpenMode, Recovered, SinkId, Store},
    transport::NetworkContext,
    urls::rewrite,
};

/// What the user asked for: the configuration, and what is set in code.
pub(super) struct CrawlOptions {
    pub(super) config: Config,
    pub(super) routes: Routes,
    /// Exporters in addition to `[[sink]]`, each with its name.
    pub(super) exporters: Vec<(String, Box<dyn Exporter>)>,
    pub(super) observers: Vec<Observer>,
    pub(super) stop_when: StopWhen,
    /// Narrows the scope.
    pub(super) filter: Option<Filter>,
    pub(super) without_output: WithoutOutput,
}

/// Everything that stays the same when a pipeline is rebuilt.
pub(super) struct Plan {
    pub(super) config: Config,
    pub(super) sections: Sections,
    pub(super) router: Arc<Router>,
    pub(super) statuses: Statuses,
    /// Scope with all seeds read so far, so that a rebuilt pipeline starts with them.
    pub(super) scope: Arc<Mutex<Scope>>,
    pub(super) network: NetworkContext,
    pub(super) identity: Identity,
    pub(super) observers: Vec<Observer>,
    pub(super) stop_when: StopWhen,
    pub(super) without_output: WithoutOutput,
    /// Records which pages are being parsed; `None` without a state directory.
    pub(super) crash_guard: Option<Arc<CrashGuard>>,
    /// Which of the stored crawl's configurations this run has.
    pub(super) generation: CurrentGeneration,
    /// Opens the store of each pipeline. It is here because a crawl in memory must survive a rebuild.
    engine: Arc<dyn Engine>,
    /// Names of the outputs, which are part of the crawl's identity.
    outputs: Vec<String>,
}

/// Sections of the configuration that actors share.
pub(super) struct Sections {
    pub(super) scheduler: Arc<scheduler::Config>,
    pub(super) limits: Arc<scheduler::Limits>,
    pub(super) store: Arc<store::Config>,
    pub(super) fetcher: Arc<fetcher::Config>,
    pub(super) parser: Arc<parser::Config>,
}

impl Plan {
    /// Checks everything that can be checked before the first fetch; also returns the exporters.
    ///
    /// # Errors
    /// [`Error::Config`] with every error of the configuration; files that cannot be read.
    pub(super) fn new(
        options: CrawlOptions,
        seeds: &[Request],
        control: &Control,
    ) -> Result<(Self, Vec<ExporterSlot>)> {
        let CrawlOptions { mut config, routes, exporters, observers, stop_when, filter, without_output } = options;
        config.check()?;
        let router = routes.build(&config.discovery).map_err(Error::Config)?;
        let labels = config.seed_labels()?;
        let labels = labels.iter().chain(seeds.iter().filter_map(Request::label_name)).map(|label| &**label);
        router.check_labels(labels).map_err(Error::Config)?;
        let statuses = from_config::statuses(&config)?;
        let scope = scope(&config, filter)?;
        let identity = client_identity::open(&config)?;
        let mut slots = sink::build(&config.sink, control);
        for (name, exporter) in exporters {
            let id = SinkId::try_from(slots.len()).map_err(|_| Error::config("crawler", "sink", "too many sinks"))?;
            slots.push(ExporterSlot { id, name, label: None, exporter });
        }
        without_output.check(&slots);
        let network = from_config::network(&config)?;
        let fetcher = &mut config.fetcher;
        (fetcher.concurrency, fetcher.idle) = open_files::fit(fetcher.concurrency, fetcher.idle)?;
        let plan = Self {
            sections: Sections::new(&config),
            router: Arc::new(router),
            statuses,
            scope: Arc::new(Mutex::new(scope)),
            network,
            identity,
            observers,
            stop_when,
            without_output,
            crash_guard: None,
            generation: CurrentGeneration::default(),
            engine: config.store.engine(),
            outputs: slots.iter().map(output_name).collect(),
            config,
        };
        Ok((plan, slots))
    }

    /// Returns how pages' directives for robots are treated.
    pub(super) fn robots_directives(&self) -> RobotsDirectivePolicy {
        let politeness = &self.config.politeness;
        let (meta_robots, nofollow) = (politeness.meta_robots, politeness.nofollow);
        RobotsDirectivePolicy { agent: self.config.crawl.robots_agent().into(), meta_robots, nofollow }
    }

    /// Returns which refreshes are followed.
    pub(super) fn refreshes(&self) -> Refreshes {
        from_config::refreshes(&self.config)
    }

    /// Opens the store.
    ///
    /// # Errors
    /// Like [`Engine::open`].
    pub(super) async fn open_store(&self, mode: OpenMode) -> Result<Box<dyn Store>> {
        let (engine, outputs) = (self.engine.clone(), self.outputs.clone());
        blocking("open-store", move || Ok(engine.open(mode, &outputs)?)).await
    }

    /// Commits the current positions of the outputs if the crawl is new or a position was lost, so that every later start
    /// is a recovery.
    ///
    /// # Errors
    /// If an output cannot be written, or the store cannot commit.
    pub(super) async fn first_commit(
        &self,
        store: &mut dyn Store,
        mut slots: Vec<ExporterSlot>,
    ) -> Result<Vec<ExporterSlot>> {
        let Recovered { number, meta, mut positions } = store.recover()?;
        if number > 0 {
            info!(path:% = self.config.store.path.display(), commits = number; "resuming crawl");
            if slots.iter().all(|slot| positions.iter().any(|(id, _)| *id == slot.id)) {
                return Ok(slots);
            }
        }
        let durability = self.config.store.durability;
        let (slots, positions) = blocking("outputs", move || {
            for slot in &mut slots {
                if positions.iter().any(|(id, _)| *id == slot.id) {
                    continue;
                }
                match number {
                    0 => slot.recover(&[])?,
                    _ => adopt(slot)?,
                }
                positions.push((slot.id, slot.position(durability)?));
            }
            Ok((slots, positions))
        })
        .await?;
        store.commit(&Commit { number: number + 1, positions, meta, ..Commit::default() })?;
        Ok(slots)
    }

    /// Finds out which pages were being parsed when the last process died.
    ///
    /// # Errors
    /// If the file of the crash guard is corrupt.
    pub(super) fn load_crash_guard(&mut self, store: &mut dyn Store) -> Result<()> {
        let Some(path) = self.engine.directory() else { return Ok(()) };
        let start = if store.recover()?.number == 0 { CrawlStart::New } else { CrawlStart::Resumed };
        let crash_guard = CrashGuard::open(&path.join("parsing"), start);
        self.crash_guard = Some(Arc::new(crash_guard.map_err(|error| error.with_way_out(path))?));
        Ok(())
    }

    /// Returns the frontier as of the store's last commit.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn frontier(&self, store: &mut dyn Store, now: Wall) -> Result<Frontier> {
        let (config, scope) = (self.config.frontier(now.0, self.generation.number), lock(&self.scope).clone());
        let (recovered, side_rows) = (store.recover()?, store.side_rows()?);
        let mut frontier = Frontier::new(config, scope, &recovered, &side_rows, &store.claim_partitions(now, &[])?)?;
        frontier.add_side_rows(self.generation.rows.clone());
        Ok(frontier)
    }
}

impl Sections {
    fn new(config: &Config) -> Self {
        Self {
            scheduler: Arc::new(config.scheduler.clone()),
            limits: Arc::new(config.limits.clone()),
            store: Arc::new(config.store.clone()),
            fetcher: Arc::new(config.fetcher.clone()),
            parser: Arc::new(config.parser.clone()),
        }
    }
}

/// Adds a seed to the scope, as the frontier will do.
pub(super) fn add_seed(scope: &Mutex<Scope>, seed: &Request) {
    let mut scope = lock(scope);
    let seed = scope.rewritten(seed.clone());
    if scope.admits_seed(seed.url()).is_ok() {
        scope.add_seed(seed.url());
    }
}

fn scope(config: &Config, filter: Option<Filter>) -> Result<Scope> {
    let rules = rewrite::Rules::new(config.urls.clone()).map_err(Error::Config)?;
    let scope = Scope::new(config.scope.clone()).map_err(Error::Config)?;
    Ok(scope.with_rules(rules).with_traps(config.traps.clone()).with_filter(filter))
}

/// Returns the name of an output in the crawl's identity: without its directory, so that the file may be moved.
fn output_name(slot: &ExporterSlot) -> String {
    let name = Path::new(&slot.name).file_name().unwrap_or_default().to_string_lossy();
    match &slot.label {
        Some(label) => format!("{name} (label {label})"),
        None => name.into_owned(),
    }
}

/// Continues an output whose position was lost with part of the state.
fn adopt(slot: &mut ExporterSlot) -> Result<()> {
    warn!(output = slot.name;
        "output position lost; appending without truncation, records may be duplicated or missing");
    slot.adopt()
}
