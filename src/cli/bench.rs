//! `lycosa bench`: measures parts of the crawler on this machine.

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
    log_to,
};

use super::{
    exit::{Exit, fail},
    progress::ProgressDisplay,
};

/// The part to measure.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Fill the frontier with the links of a synthetic web, drain a part of it, and restart it.
    ///
    /// Pages have about 60 links; 70 % of them are known. Fetching and politeness take virtual time; the store and the
    /// disk are real.
    Frontier(Frontier),
}

/// Size of the synthetic web.
#[derive(Clone, Debug, Args)]
pub(crate) struct Frontier {
    /// Approximate number of URLs to admit: 500k, 20M.
    #[arg(long, value_name = "N", default_value = "1M", value_parser = count)]
    urls: u64,
    /// Number of pages to lease and settle after that.
    #[arg(long, value_name = "N", default_value = "100k", value_parser = count)]
    drain: u64,
    /// Number of hosts; their sizes differ.
    #[arg(long, value_name = "N", default_value = "100k", value_parser = count)]
    hosts: u64,
    /// Keep the state in DIR, which must not exist yet [default: a directory that is removed at the end].
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
    /// Log only warnings and errors.
    #[arg(short, long)]
    quiet: bool,
    /// Read this configuration file; repeatable, later files take precedence.
    #[arg(short, long = "config", value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Set any key, for example --set store.durability=os; repeatable.
    #[arg(long, value_name = "KEY=VALUE", value_parser = super::options::key_and_value)]
    set: Vec<(String, String)>,
}

/// Measures, and prints the figures.
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
        log_to(&config.log, ProgressDisplay::hidden().stderr());
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

/// Removes the state of the bench, if there is one.
fn remove(state: &Path) -> Result<()> {
    if !state.exists() {
        return Ok(());
    }
    fs::remove_dir_all(state).map_err(|error| Error::File { path: state.to_owned(), error })
}

/// Parses a number of at least 1, with `k` or `M` for thousands or millions.
fn count(text: &str) -> std::result::Result<u64, String> {
    let (digits, unit) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1_000),
        None => text.strip_suffix(['m', 'M']).map_or((text, 1), |digits| (digits, 1_000_000)),
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    number.filter(|number| *number > 0).ok_or_else(|| "expected a number, for example 500k or 20M".to_owned())
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
