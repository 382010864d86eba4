//! `lycosa crawl` and `lycosa run`.

use std::io::{IsTerminal, stderr, stdout};

use log::{error, info};
use lycosa::{Config, Crawler, Error, Report, Result, config::Loaded, log_to, parse_seed, write_after_log};

use super::{
    exit::{Exit, Mode, fail},
    options::Options,
    progress::ProgressDisplay,
};

/// Crawls from these seeds and those of the configuration until no URL is left.
pub(crate) fn crawl(seeds: &[String], options: &Options) -> Exit {
    if let Some((seed, error)) = seeds.iter().filter(|seed| *seed != "-").find_map(|seed| bad_seed(seed)) {
        eprintln!("lycosa: {seed}: {error}");
        return Exit::Usage;
    }
    let mut loaded = match load(options) {
        Ok(loaded) => loaded,
        Err(error) => return fail(&error),
    };
    let from = &mut loaded.config.crawl;
    for seed in seeds {
        match seed.as_str() {
            "-" => from.seed_files.push("-".into()),
            _ => from.seeds.push(seed.clone()),
        }
    }
    if is_without_seeds(&loaded.config) {
        eprintln!("lycosa: no seed; name a URL to start from, for example `lycosa crawl example.com`");
        return Exit::Usage;
    }
    start(loaded, options, Mode::Crawl)
}

/// Crawls as a service, from the configuration alone.
pub(crate) fn run(options: &Options) -> Exit {
    let loaded = options.layers().load().and_then(|loaded| {
        let missing = |key: &str, message: &str| Err(Error::config("config", key, message));
        if loaded.config.sink.is_empty() {
            return missing("sink", "`run` needs an output; add\n[[sink]]\ntype = \"jsonl\"\npath = \"records.jsonl\"");
        }
        if loaded.config.store.is_undecided() {
            return missing("store.path", "`run` needs a state directory; add\n[store]\npath = \"state\"");
        }
        if is_without_seeds(&loaded.config) {
            return missing("crawl.seeds", "no seed; add\n[crawl]\nseeds = [\"https://example.com/\"]");
        }
        Ok(loaded)
    });
    match loaded {
        Ok(loaded) => start(loaded, options, Mode::Run),
        Err(error) => fail(&error),
    }
}

/// The configuration of `crawl`: without an output, records go to standard output.
fn load(options: &Options) -> Result<Loaded> {
    let mut layers = options.layers();
    let loaded = layers.clone().load()?;
    if !loaded.config.sink.is_empty() {
        return Ok(loaded);
    }
    layers.append_to("-");
    layers.load()
}

fn bad_seed(seed: &str) -> Option<(&str, String)> {
    parse_seed(seed).err().map(|error| (seed, error))
}

fn is_without_seeds(config: &Config) -> bool {
    let from = &config.crawl;
    from.seeds.is_empty() && from.seed_files.is_empty() && from.request.is_empty()
}

fn start(loaded: Loaded, options: &Options, mode: Mode) -> Exit {
    // Report errors in the seeds before anything starts.
    if let Err(error) = loaded.config.seeds() {
        return fail(&error);
    }
    let progress =
        if wants_progress(options, &loaded.config) { ProgressDisplay::shown() } else { ProgressDisplay::hidden() };
    log_to(&loaded.config.log, progress.stderr());
    // The default hook waits for the reader of standard error, as no log line does.
    std::panic::set_hook(Box::new(|panic| log::error!(panic:%; "panic")));
    for note in &loaded.notes {
        info!("{note}");
    }
    let crawler = Crawler::new(loaded.config);
    let crawler = match mode {
        Mode::Crawl => crawler,
        // A service waits for parked hosts.
        Mode::Run => crawler.wait_for_parked(),
    };
    let report = actix_rt::System::new().block_on(drive(crawler, &progress));
    progress.finish();
    match report {
        Ok(report) => {
            info!("statistics\n{report}");
            let exit = Exit::from_report(&report, mode);
            if exit == Exit::NoPage {
                error!("no page was fetched");
            }
            report.unwritten.iter().for_each(|unwritten| write_after_log(&format!("lycosa: {unwritten}")));
            exit
        }
        Err(error) => fail(&error),
    }
}

/// Returns true if standard error is a terminal, and records are not written to the same terminal.
fn wants_progress(options: &Options, config: &Config) -> bool {
    let shares_terminal = config.writes_to_stdout() && stdout().is_terminal();
    !options.quiet && stderr().is_terminal() && !shares_terminal
}

/// Runs the crawl on this thread's system. Signals stop it.
pub(crate) async fn drive(crawler: Crawler, progress: &ProgressDisplay) -> Result<Report> {
    let shown = progress.clone();
    let crawler = crawler.observe(move |snapshot| shown.show(snapshot));
    crawler.stop_on_signals().run().await
}
