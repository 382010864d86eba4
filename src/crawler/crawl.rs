//! Runs a crawl: builds a pipeline, and builds it again when a part of it dies.

use std::iter;

use log::warn;
use tokio::task::JoinSet;

use super::{
    client_identity, disk_space,
    generations::{Generations, Settings},
    memory,
    pipeline::{Ended, Pipeline},
    plan::{CrawlOptions, Plan, add_seed},
    rebuilds::Rebuilds,
    seeds::{EmptyLists, Seeds},
};
use crate::{
    config::{self, NoSeed},
    error::Result,
    frontier::{FailedSeed, FailedSeeds, last_moment, scope::scope_row::exempt_seeds},
    http::request::Request,
    messages::control::Control,
    report::{Finish, Report},
    runtime::clock::Clock,
    scheduler::StartWhen,
    sink::ExporterSlot,
    store::{OpenMode, Store},
};

/// Runs a crawl to its end.
///
/// # Errors
/// Errors of the configuration; an output that is not as the last commit says; a store that cannot continue; too many
/// rebuilds.
pub(super) async fn run(options: CrawlOptions, seeds: Vec<Request>, control: &Control) -> Result<Report> {
    let (mut plan, slots) = Plan::new(options, &seeds, control)?;
    let lists = plan.config.seeds()?;
    let clock = Clock::start();
    let mode = if plan.config.store.fresh { OpenMode::CreateNew } else { OpenMode::ResumeOrCreate };
    let mut store = plan.open_store(mode).await?;
    plan.load_crash_guard(&mut *store)?;
    let slots = plan.first_commit(&mut *store, slots).await?;
    let recovered = store.recover()?;
    let committed = last_moment(&recovered)?;
    let clock = clock.no_earlier_than(committed);
    let (side_rows, now) = (store.side_rows()?, clock.now().wall);
    client_identity::resume(&plan.identity, &plan.config.cookies, &side_rows, committed, now)?;
    exempt_seeds(&side_rows)?.iter().for_each(|seed| plan.network.guard.exempt(seed));
    plan.generation =
        Generations::restored(&side_rows)?.start(now, |secret| Settings::new(&plan.config, &seeds, secret));
    // A new crawl starts with commit 1.
    let (start_when, empty_lists) = match recovered.number {
        0 | 1 => (StartWhen::AtOnce, EmptyLists::Refused),
        _ => (StartWhen::AfterSeeds, EmptyLists::Allowed),
    };
    let seeds = all_seeds(&plan, lists, seeds, empty_lists, control)?;
    // Aborts its tasks when it is dropped.
    let mut tasks = JoinSet::new();
    tasks.spawn_local(seeds.feed(control.schedulers()));
    let (directories, limit) = (disk_space::directories(&plan.config), plan.config.limits.disk_free.0);
    tasks.spawn_local(memory::watch(plan.config.limits.memory, control.clone()));
    tasks.spawn_local(disk_space::watch(directories, limit, control.schedulers()));
    let report = run_pipelines(&plan, control, clock, start_when, store, slots).await?;
    log_failed_seeds(&report.failed_seeds);
    plan.without_output.check_report(&report);
    match control.take_error() {
        Some(error) => Err(error),
        None => Ok(report),
    }
}

/// Seeds of the configuration and of the program. Each widens the scope and is exempt from the address guard when it is
/// read.
fn all_seeds(
    plan: &Plan,
    lists: config::Seeds,
    more: Vec<Request>,
    empty_lists: EmptyLists,
    control: &Control,
) -> Result<Seeds> {
    let (guard, scope) = (plan.network.guard.clone(), plan.scope.clone());
    let add = move |seed: &Result<Request, NoSeed>| {
        if let Ok(seed) = seed {
            guard.exempt(seed.url());
            add_seed(&scope, seed);
        }
    };
    let (mut standing, mut streams) = lists.split();
    let standing = iter::from_fn(move || standing.next_or_error()).chain(more.into_iter().map(Ok)).inspect(add.clone());
    let streams = iter::from_fn(move || streams.next_or_error()).inspect(add);
    Seeds::new(standing, streams, empty_lists, control.clone())
}

fn log_failed_seeds(seeds: &FailedSeeds) {
    for FailedSeed { url, cause } in &seeds.first {
        warn!(url:%, cause:%; "seed failed");
    }
    if seeds.unnamed() > 0 {
        warn!("and {} more seeds failed", seeds.unnamed());
    }
}

async fn run_pipelines(
    plan: &Plan,
    control: &Control,
    clock: Clock,
    mut start_when: StartWhen,
    mut store: Box<dyn Store>,
    mut slots: Vec<ExporterSlot>,
) -> Result<Report> {
    let mut rebuilds = Rebuilds::default();
    let mut start = None;
    loop {
        let mut pipeline = Pipeline::start(plan, control, clock, start_when, store, slots).await?;
        let start = *start.get_or_insert(pipeline.start);
        match pipeline.ended().await {
            Ended::Report(mut report) => {
                pipeline.finish(report.finish).await;
                (report.start, report.rebuilds) = (start, rebuilds.total());
                return Ok(*report);
            }
            Ended::Store(error) => {
                pipeline.finish(Finish::Interrupted).await;
                return Err(error.into());
            }
            Ended::ThreadExit(cause) => {
                log::error!(cause; "pipeline died; rebuilding it from the last commit");
                slots = pipeline.take_down().await?;
                rebuilds.count(clock.mono(), cause)?;
                plan.identity.side_tables().iter().for_each(|table| table.mark_all_changed());
                store = plan.open_store(OpenMode::ResumeOrCreate).await?;
                start_when = StartWhen::AtOnce;
            }
        }
    }
}
