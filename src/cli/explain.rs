//! `lycosa explain` and `lycosa robots`: whether a URL would be fetched, and why.

use std::io::{self, Write as _};

use lycosa::{Config, Result, RobotsCheck, check_robots, explain, parse_seed};
use url::Url;

use super::{
    exit::{Exit, fail},
    options::Options,
};

/// Explains whether a crawl from `seeds` and those of the configuration would fetch a URL; with a state directory also its
/// status. The exit code is 5 while the state directory is in use.
pub(crate) fn explain_url(url: &str, seeds: &[String], options: &Options) -> Exit {
    with_url(url, options, |mut config, url| {
        config.crawl.seeds.extend_from_slice(seeds);
        let explanation = actix_rt::System::new().block_on(explain(&config, &url))?;
        print(&explanation.to_string());
        Ok(if explanation.state_error.is_some() { Exit::State } else { Exit::Finished })
    })
}

/// Shows whether robots.txt allows a URL. The exit code is 1 if it does not.
pub(crate) fn robots(url: &str, agent: Option<&str>, options: &Options) -> Exit {
    with_url(url, options, |config, url| {
        let check = actix_rt::System::new().block_on(check_robots(&config, &url, agent))?;
        print(&report(&check, &url));
        Ok(if check.allows(&url) { Exit::Finished } else { Exit::Error })
    })
}

fn with_url(url: &str, options: &Options, run: impl FnOnce(Config, Url) -> Result<Exit>) -> Exit {
    let url = match parse_seed(url) {
        Ok(seed) => seed.url().clone(),
        Err(message) => {
            eprintln!("lycosa: {url}: {message}");
            return Exit::Usage;
        }
    };
    let done = options.layers().load().and_then(|loaded| run(loaded.config, url));
    done.unwrap_or_else(|error| fail(&error))
}

fn report(check: &RobotsCheck, url: &Url) -> String {
    let mut lines = vec![format!("{url}"), format!("for {}: {}", check.agent, check.about(url))];
    if let Ok(rules) = &check.rules {
        lines.extend(rules.crawl_delay().map(|delay| format!("Crawl-delay: {} s", delay.as_secs_f64())));
        lines.extend(rules.sitemaps().iter().map(|sitemap| format!("Sitemap: {sitemap}")));
    }
    lines.join("\n") + "\n"
}

fn print(text: &str) {
    // A closed pipe is not an error.
    io::stdout().write_all(text.as_bytes()).ok();
}
