//! `lycosa bench`: how fast a part of the crawler is on this machine.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
};

use clap::{Args, Subcommand};
use lycosa::{
    Config, Error, Result,
    bench::{self, Figures, Load},
    config::Layers,
};

use super::{
    exit::{Exit, fail},
    logging,
    progress::ProgressDisplay,
};

/// What to measure.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Fill the frontier with the links of a synthetic web, drain a part of it, and start it again.
    ///
    /// Pages have about 60 links, 70 % of which are known, and take virtual time, as does politeness; the store and the
    /// disk are real, the directory that --state names included.
    Frontier(Frontier),
}

/// How much of it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Frontier {
    /// URLs to take in, about: 500k, 20M.
    #[arg(long, value_name = "N", default_value = "1M", value_parser = count)]
    urls: u64,
    /// Pages to lend and settle after that.
    #[arg(long, value_name = "N", default_value = "100k", value_parser = count)]
    drain: u64,
    /// Hosts that the URLs are on: the larger, the more of them.
    #[arg(long, value_name = "N", default_value = "100k", value_parser = count)]
    hosts: u64,
    /// Keep the state in DIR, which must not exist yet [default: one in this directory, removed at the end].
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Print only warnings and errors before the figures.
    #[arg(short, long)]
    quiet: bool,
    /// Configuration to read; repeat it, and the later file wins.
    #[arg(short, long = "config", value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Set any key, as in --set store.durability=os; repeatable.
    #[arg(long, value_name = "KEY=VALUE", value_parser = super::options::key_and_value)]
    set: Vec<(String, String)>,
}

/// Measures, and prints what was measured.
pub(crate) fn bench(command: &BenchCommand) -> Exit {
    let BenchCommand::Frontier(options) = command;
    match options.measure().and_then(|figures| options.print(&figures)) {
        Ok(()) => Exit::Finished,
        Err(error) => fail(&error),
    }
}

impl Frontier {
    fn measure(&self) -> Result<Figures> {
        let config = self.config()?;
        logging::start(&config.log, &ProgressDisplay::hidden());
        let state = self.state.clone().unwrap_or_else(|| format!("lycosa-bench-{}", process::id()).into());
        let hosts = u32::try_from(self.hosts).unwrap_or(u32::MAX);
        let load = Load { urls: self.urls, drain: self.drain, hosts, state };
        let figures = bench::frontier(&config, &load);
        match self.state {
            Some(_) => figures,
            None => remove(&load.state).and(figures),
        }
    }

    fn config(&self) -> Result<Config> {
        let mut layers = Layers::default();
        self.config.iter().for_each(|file| layers.file(file));
        layers.process_environment();
        if self.quiet {
            layers.flag("-q", "log.level", "warn");
        }
        for (key, value) in &self.set {
            layers.flag("--set", key, value);
        }
        Ok(layers.load()?.config)
    }

    fn print(&self, figures: &Figures) -> Result<()> {
        if self.json {
            let json = serde_json::to_string(figures);
            let json = json.map_err(|error| Error::System { what: "writing", error: error.into() })?;
            println!("{json}");
        } else {
            print!("{figures}");
        }
        Ok(())
    }
}

/// Removes what the bench has made, if it has.
fn remove(state: &Path) -> Result<()> {
    if !state.exists() {
        return Ok(());
    }
    fs::remove_dir_all(state).map_err(|error| Error::File { path: state.to_owned(), error })
}

/// A number, with k or M for thousands or millions; at least 1.
fn count(text: &str) -> std::result::Result<u64, String> {
    let (digits, unit) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1_000),
        None => text.strip_suffix(['m', 'M']).map_or((text, 1), |digits| (digits, 1_000_000)),
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    number.filter(|number| *number > 0).ok_or_else(|| "a number is wanted, as in 500k or 20M".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_units() {
        for (text, number) in [("1", Some(1)), ("20M", Some(20_000_000)), ("5k", Some(5_000)), ("0", None), ("x", None)]
        {
            assert_eq!(count(text).ok(), number, "{text}");
        }
    }
}
