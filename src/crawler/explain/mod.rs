//! What a crawl would make of one URL, and why, in words for those who run the crawl and those who are crawled.

mod robots;
mod words;

use std::fmt;

use url::Url;

pub use self::robots::{RobotsLook, look_at_robots};
use crate::{
    canonical::{Fingerprint, canonical, registrable, root},
    config::Config,
    error::{Error, Result},
    frontier::{
        politeness::Obedience,
        scope::{Refusal, Scope},
        traps::Counted,
    },
    request::Request,
    urls,
};

/// What a crawl of a configuration would make of a URL; [`fmt::Display`] tells all of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The URL as it was given.
    pub url: Url,
    /// What `[urls]` makes of it: what would be fetched.
    pub rewritten: Url,
    /// The canonical form: what it is compared by.
    pub canonical: String,
    /// The key of a GET of it.
    pub fingerprint: Fingerprint,
    /// Whether it is in scope, and by which rule; in words.
    pub scope: Result<String, String>,
    /// What robots.txt says; none where that is ignored, or was not asked.
    pub robots: Option<RobotsLook>,
    /// Patterns of `[traps]` that it is counted under, in words.
    pub traps: Vec<String>,
    delay: String,
}

impl Explanation {
    /// Whether it would be fetched, as far as that can be told without the crawl's state.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.scope.is_ok() && self.robots.as_ref().is_none_or(|robots| robots.allows(&self.rewritten))
    }
}

/// Finds out what a crawl would make of a link to `url`, found on a seed; asks its host for robots.txt if it is in scope.
///
/// Needs an actix system on this thread (`#[actix_rt::main]`).
///
/// # Errors
/// When the configuration has mistakes, or a seed file cannot be read.
pub async fn explain(config: &Config, url: &Url) -> Result<Explanation> {
    let mut explanation = without_network(config, url)?;
    let obeys = config.politeness.robots == Obedience::Obey;
    if obeys && explanation.scope.is_ok() {
        let robots = look_at_robots(config, &explanation.rewritten, None).await?;
        explanation.delay = words::delay(config, robots.rules.as_ref().ok());
        explanation.robots = Some(robots);
    }
    Ok(explanation)
}

fn without_network(config: &Config, url: &Url) -> Result<Explanation> {
    config.check()?;
    let rules = urls::Rules::new(config.urls.clone()).map_err(Error::Config)?;
    let scope = Scope::new(config.scope.clone()).map_err(Error::Config)?;
    let mut scope = scope.with_rules(rules).with_traps(config.traps.clone());
    let request = scope.rewritten(Request::get(url.clone()));
    let mut is_seed = None;
    for seed in config.seeds()? {
        let seed = scope.rewritten(seed);
        scope.add_seed(seed.url());
        let is_this = seed.url() == request.url();
        is_seed = Some(is_seed.unwrap_or(false) || is_this);
    }
    let rewritten = request.url().clone();
    let canonical = canonical(rewritten.as_str()).into_owned();
    Ok(Explanation {
        fingerprint: Fingerprint::of_link(&canonical),
        scope: standing(config, &scope, &rewritten, is_seed),
        traps: config.traps.patterns(&rewritten).iter().map(counted).collect(),
        delay: words::delay(config, None),
        url: url.clone(),
        robots: None,
        rewritten,
        canonical,
    })
}

/// Whether a URL is in scope; `is_seed` is none where there are no seeds at all.
fn standing(config: &Config, scope: &Scope, url: &Url, is_seed: Option<bool>) -> Result<String, String> {
    let refusal = |reason: Refusal| words::refusal(reason, config, url);
    match is_seed {
        Some(true) => scope.admits_seed(url).map(|()| "it is a seed".to_owned()).map_err(refusal),
        None => scope.admits_seed(url).map(|()| "as a seed: the configuration has none".to_owned()).map_err(refusal),
        Some(false) => match scope.admits(url, 1, 0) {
            Ok(0) => Ok(words::inside(config)),
            Ok(_) => Ok(format!("within scope.extra_hops = {} links out of the scope", config.scope.extra_hops)),
            Err(reason) => Err(refusal(reason)),
        },
    }
}

fn counted(counted: &Counted) -> String {
    let Counted { trap, pattern, limit } = counted;
    let key = trap.name().trim_start_matches("trap_");
    format!("{pattern} (at most {limit} new URLs of a host: traps.{key})")
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, text: &str| writeln!(formatter, "{name:<12}{text}");
        line("URL", self.url.as_str())?;
        if self.rewritten != self.url {
            line("fetched as", self.rewritten.as_str())?;
        }
        line("compared as", &self.canonical)?;
        line("key", &self.fingerprint.to_string())?;
        line("host", &format!("{} of the site {}", root(&self.rewritten), registrable(&self.rewritten)))?;
        match &self.scope {
            Ok(words) => line("scope", &format!("in: {words}"))?,
            Err(words) => line("scope", &format!("out: {words}"))?,
        }
        for pattern in &self.traps {
            line("trap", &format!("counts for {pattern}"))?;
        }
        if let Some(robots) = &self.robots {
            line("robots.txt", &robots.about(&self.rewritten))?;
        }
        line("delay", &self.delay)?;
        let verdict = match (self.is_wanted(), &self.scope) {
            (true, _) => "would be fetched, if it is new",
            (false, Ok(_)) => "would not be fetched: robots.txt",
            (false, Err(_)) => "would not be fetched: it does not belong to the crawl",
        };
        line("verdict", verdict)
    }
}
