//! The benchmark of the frontier and its store.

use std::path::PathBuf;

use tokio::sync::mpsc::unbounded_channel;

use super::{
    driver::{Driver, Goal},
    figures::{Figures, Restart},
    usage::disk_use,
    web::{Links, Web, WebThread},
};
use crate::{
    base::time::Now,
    config::Config,
    error::{Error, Result},
    frontier::{
        Frontier,
        scope::{Scope, ScopeKind},
    },
    runtime::clock::{Clock, cpu_of_process},
    store::{self, OpenMode},
};

/// Size of the benchmark.
#[derive(Clone, Debug)]
pub struct Load {
    /// Approximate number of URLs to admit; at least 1.
    pub urls: u64,
    /// Maximum number of pages to lease and settle after that.
    pub drain: u64,
    /// Number of hosts that the URLs are on; at least 1.
    pub hosts: u32,
    /// State directory. It must not exist yet, and is not removed.
    pub state: PathBuf,
}

/// Fills a frontier, drains a part of it, and restarts it.
///
/// All settings of the frontier and its store apply, except that every URL is in scope and that the state is always in
/// the directory of `load`.
///
/// # Errors
/// If the configuration has errors, or the store fails.
pub fn frontier(config: &Config, load: &Load) -> Result<Figures> {
    let mut config = config.clone();
    config.scope.kind = ScopeKind::Any;
    config.scope.host_pages = u64::MAX;
    // The default type with a path: a state directory.
    config.store = store::Config { kind: Default::default(), path: load.state.clone(), ..config.store };
    config.check()?;
    let clock = Clock::start();
    let bench = Bench { config, load, clock };
    let (figures, now) = bench.fill_and_drain()?;
    let disk = disk_use(&load.state)?;
    Ok(Figures { disk, restart: bench.restart(now)?, ..figures })
}

struct Bench<'l> {
    config: Config,
    load: &'l Load,
    clock: Clock,
}

impl Bench<'_> {
    fn fill_and_drain(&self) -> Result<(Figures, Now)> {
        let web = WebThread::start(Web::new(self.load.hosts))?;
        let mut driver = self.driver(OpenMode::CreateNew, web, self.clock.now())?;
        let start = driver.sample();
        driver.submit_seeds();
        driver.run(Goal::Admitted(self.load.urls), Links::Many)?;
        let filled = driver.sample();
        driver.run(Goal::Ended(filled.balance.ended() + self.load.drain), Links::None)?;
        let drained = driver.sample();
        let (now, web) = driver.close()?;
        Ok((Figures::new(&start, &filled, &drained, web.hosts()), now))
    }

    fn restart(&self, now: Now) -> Result<Restart> {
        let web = WebThread::start(Web::new(self.load.hosts))?;
        let (start, cpu) = (self.clock.mono(), cpu_of_process());
        let mut driver = self.driver(OpenMode::ResumeOrCreate, web, now)?;
        let opened = self.clock.mono().since(start);
        let leased = driver.run_to_first_lease()?;
        let wall = self.clock.mono().since(start);
        let cpu = cpu_of_process().saturating_sub(cpu);
        driver.close()?;
        Ok(Restart { opened, wall, cpu, leased })
    }

    fn driver(&self, mode: OpenMode, web: WebThread, now: Now) -> Result<Driver> {
        let scope = Scope::new(self.config.scope.clone()).map_err(Error::Config)?;
        let (exits_to, exits) = unbounded_channel();
        let mut store = self.config.store.engine().open(mode, &[])?;
        let (recovered, grants) = (store.recover()?, store.claim_partitions(now.wall, &[])?);
        // A fixed seed: two runs differ only by what is measured.
        let frontier = Frontier::new(self.config.frontier(1, 1), scope, &recovered, &[], &grants)?;
        let threads = store::start(store, &exits_to)?;
        Ok(Driver::new(&self.config, frontier, threads, exits, web, self.clock, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::Phase;

    #[test]
    fn a_small_run_has_plausible_figures() {
        let folder = std::env::temp_dir().join(format!("lycosa-bench-{}", std::process::id()));
        let load = Load { urls: 5_000, drain: 1_000, hosts: 200, state: folder.clone() };
        let mut config = Config::default();
        config.store.memory.0 = 16 << 20;
        let figures = frontier(&config, &load);
        std::fs::remove_dir_all(&folder).unwrap();
        let figures = figures.unwrap();
        let Phase { checks, inserts, .. } = figures.fill;
        assert!((5_000..30_000).contains(&inserts) && checks > 2 * inserts, "{figures}");
        assert!((1_000..2_500).contains(&figures.drain.leases) && figures.restart.leased, "{figures}");
        assert!(figures.hosts > 150 && figures.disk > 20 * inserts, "{figures}");
    }
}
