//! `lycosa demo`: what the crawler is for, on one machine and without a network.

mod pages;
mod site;

use std::{io, time::Duration};

use lycosa::{Crawler, Error, Report, Result, config::Layers};

pub(super) use self::pages::SUBCOMMAND;
use super::{
    crawl::drive,
    exit::{Exit, Mode, fail},
    logging,
    progress::ProgressDisplay,
};

/// Serves the site in a process of its own, crawls it with everything at once, and says how long that took.
pub(super) fn demo() -> Exit {
    match crawl_site() {
        Ok(report) => {
            eprintln!("{}", verdict(report.elapsed));
            Exit::of_finish(report.finish, Mode::Crawl)
        }
        Err(error) => fail(&error),
    }
}

/// What the child process does: serves the site until standard input ends.
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
        // The site is ours, and slow on purpose: all of its pages at once.
        ("politeness.delay", "0s"),
        ("politeness.host_concurrency", "64"),
        ("log.level", "warn"),
    ] {
        layers.flag("demo", key, text);
    }
    layers.append_to("-");
    let config = layers.load()?.config;
    let progress = ProgressDisplay::hidden();
    logging::start(&config.log, &progress);
    actix_rt::System::new().block_on(drive(Crawler::new(config), &progress))
}

fn verdict(took: Duration) -> String {
    let alone = pages::one_after_the_other();
    format!(
        "Crawled in {:.1} s: the slow pages alone take {:.1} s, one after the other.",
        took.as_secs_f64(),
        alone.as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_has_both_times() {
        let text = verdict(Duration::from_millis(2_340));
        assert_eq!(text, "Crawled in 2.3 s: the slow pages alone take 24.0 s, one after the other.");
    }
}
