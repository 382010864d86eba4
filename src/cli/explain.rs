//! `lycosa explain` and `lycosa robots`: what would become of a URL, and why.

use std::io::{self, Write as _};

use lycosa::{Config, Result, RobotsCheck, check_robots, explain, parse_seed};
use url::Url;

use super::{
    exit::{Exit, fail},
    options::Options,
};

/// Tells what a crawl from `seeds`, and those of the configuration, would make of a URL, and what it has made of it where
/// there is a state directory. The exit code is 5 while the crawl in that runs.
pub(crate) fn explain_url(url: &str, seeds: &[String], options: &Options) -> Exit {
    with_url(url, options, |mut config, url| {
        config.crawl.seeds.extend_from_slice(seeds);
        let explanation = actix_rt::System::new().block_on(explain(&config, &url))?;
        print(&explanation.to_string());
        Ok(if explanation.state_error.is_some() { Exit::State } else { Exit::Finished })
    })
}

/// Tells what the robots.txt of a URL's host says about it. The exit code is 1 when it may not be fetched.
pub(crate) fn robots(url: &str, agent: Option<&str>, options: &Options) -> Exit {
    with_url(url, options, |config, url| {
        let look = actix_rt::System::new().block_on(check_robots(&config, &url, agent))?;
        print(&told(&look, &url));
        Ok(if look.allows(&url) { Exit::Finished } else { Exit::Error })
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

fn told(look: &RobotsCheck, url: &Url) -> String {
    let mut lines = vec![format!("{url}"), format!("for {}: {}", look.agent, look.about(url))];
    if let Ok(rules) = &look.rules {
        lines.extend(rules.crawl_delay().map(|delay| format!("Crawl-delay: {} s", delay.as_secs_f64())));
        lines.extend(rules.sitemaps().iter().map(|sitemap| format!("Sitemap: {sitemap}")));
    }
    lines.join("\n") + "\n"
}

fn print(text: &str) {
    // A reader that has seen enough is no error.
    io::stdout().write_all(text.as_bytes()).ok();
}
