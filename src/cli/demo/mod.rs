//! `lycosa demo`: crawls a small site on this machine, without a network.

mod pages;
mod site;

use std::{io, time::Duration};

use lycosa::{Crawler, Error, Report, Result, config::Layers, log_to};

pub(super) use self::pages::SUBCOMMAND;
use super::{
    crawl::drive,
    exit::{Exit, Mode, fail},
    progress::ProgressDisplay,
};

/// Serves the site in a child process, crawls all its pages concurrently, and prints how long that took.
pub(super) fn demo() -> Exit {
    match crawl_site() {
        Ok(report) => {
            eprintln!("{}", summary(report.elapsed));
            Exit::from_report(&report, Mode::Crawl)
        }
        Err(error) => fail(&error),
    }
}

/// Serves the site until standard input ends, in the child process.
pub(super) fn serve() -> Exit {
    match pages::serve() {
        Ok(()) => Exit::Finished,
        Err(error) => fail(&no_site(error)),
    }
}

fn no_site(error: io::Error) -> Error {
    Error::System { what: "the demo's site", error }
}

fn crawl_site() -> Result<Report> {
    let site = pages::start().map_err(no_site)?;
    let mut layers = Layers::default();
    for (key, text) in [
        ("crawl.name", "demo"),
        ("crawl.seeds", site.url()),
        // The site is ours: fetch all its pages at once.
        ("politeness.delay", "0s"),
        ("politeness.host_concurrency", "64"),
        ("log.level", "warn"),
    ] {
        layers.flag("demo", key, text);
    }
    layers.append_to("-");
    let config = layers.load()?.config;
    let progress = ProgressDisplay::hidden();
    log_to(&config.log, progress.stderr());
    actix_rt::System::new().block_on(drive(Crawler::new(config), &progress))
}

fn summary(took: Duration) -> String {
    let alone = pages::one_after_the_other();
    format!(
        "Crawled in {:.1} s. One after another, the slow pages alone would take {:.1} s.",
        took.as_secs_f64(),
        alone.as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_has_both_times() {
        let text = summary(Duration::from_millis(2_340));
        assert_eq!(text, "Crawled in 2.3 s. One after another, the slow pages alone would take 24.0 s.");
    }
}
