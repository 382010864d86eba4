//! Measures parts of the crawler by themselves, as they are: `lycosa bench`.
//!
//! [`frontier`] fills a frontier over its store with the links of a synthetic web, drains a part of it, and starts it
//! again. Politeness and the servers' answers take virtual time, so that what is measured is the frontier, the store and
//! the disk.

mod drive;
mod figures;
mod usage;
mod web;

use std::path::PathBuf;

use tokio::sync::mpsc::unbounded_channel;

pub use self::figures::{Figures, Phase, Restart};
use self::{
    drive::{Driver, Goal},
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
    store::{self, EmbeddedStore, Setup, Wanted},
};

/// How much is to be measured.
#[derive(Clone, Debug)]
pub struct Load {
    /// URLs to take in, about; at least 1.
    pub urls: u64,
    /// Pages to lend and settle after that, at most.
    pub drain: u64,
    /// Hosts that these are on; at least 1.
    pub hosts: u32,
    /// The state directory, which must not exist yet; it is left behind.
    pub state: PathBuf,
}

/// Fills a frontier, drains a part of it, and starts it again. Of the configuration everything counts that the frontier
/// and its store are told, but for the scope: any URL belongs to it.
///
/// # Errors
/// When the configuration has mistakes, or the store cannot go on.
pub fn frontier(config: &Config, load: &Load) -> Result<Figures> {
    let mut config = config.clone();
    config.scope.kind = ScopeKind::Any;
    config.scope.host_pages = u64::MAX;
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
        let mut driver = self.driver(Wanted::Fresh, web, self.clock.now())?;
        let start = driver.sample();
        driver.seed();
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
        let mut driver = self.driver(Wanted::Any, web, now)?;
        let opened = self.clock.mono().since(start);
        let lent = driver.first_lease()?;
        let wall = self.clock.mono().since(start);
        let cpu = cpu_of_process().saturating_sub(cpu);
        driver.close()?;
        Ok(Restart { opened, wall, cpu, lent })
    }

    fn driver(&self, wanted: Wanted, web: WebThread, now: Now) -> Result<Driver> {
        let knobs = &self.config.store;
        let setup = Setup {
            path: self.load.state.clone(),
            wanted,
            outputs: Vec::new(),
            memory: knobs.memory.0,
            durability: knobs.durability,
        };
        let scope = Scope::new(self.config.scope.clone()).map_err(Error::Config)?;
        let (deaths_to, deaths) = unbounded_channel();
        let mut store: Box<dyn store::Store> = Box::new(EmbeddedStore::open(setup)?);
        let (recovered, grants) = (store.recover()?, store.claim_partitions(now.wall, &[])?);
        // The same luck each time: two runs differ only by what was measured.
        let frontier = Frontier::new(self.config.frontier(1), scope, &recovered, &grants);
        let threads = store::start(store, &deaths_to)?;
        Ok(Driver::new(&self.config, frontier, threads, deaths, web, self.clock, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_run_gives_plausible_figures() {
        let folder = std::env::temp_dir().join(format!("lycosa-bench-{}", std::process::id()));
        let load = Load { urls: 5_000, drain: 1_000, hosts: 200, state: folder.clone() };
        let mut config = Config::default();
        config.store.memory.0 = 16 << 20;
        let figures = frontier(&config, &load);
        std::fs::remove_dir_all(&folder).unwrap();
        let figures = figures.unwrap();
        let Phase { checks, inserts, .. } = figures.fill;
        assert!((5_000..30_000).contains(&inserts) && checks > 2 * inserts, "{figures}");
        assert!((1_000..2_500).contains(&figures.drain.leases) && figures.restart.lent, "{figures}");
        assert!(figures.hosts > 150 && figures.disk > 20 * inserts, "{figures}");
    }
}
