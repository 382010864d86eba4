//! What a crawl would make of one URL, and why, in words for those who run the crawl and those who are crawled.

mod history;
mod reasons;
mod robots;
mod stored;

use std::fmt;

use url::Url;

pub use self::robots::{RobotsCheck, check_robots};
use self::stored::StoredUrl;
use crate::{
    config::Config,
    error::{Error, Result, StoreError},
    frontier::{
        politeness::{Obedience, host_override::politeness_of},
        scope::{Refusal, Scope, traps::Counted},
    },
    http::request::{Request, fingerprint::Fingerprint},
    keys::UrlKey,
    runtime::clock::Clock,
    store::{Engine, StateReader},
    urls::{
        canonical::{canonical, registrable, root},
        rewrite,
    },
};

/// What a crawl of a configuration would make of a URL, or has made of it; [`fmt::Display`] tells all of it.
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
    pub robots: Option<RobotsCheck>,
    /// Patterns of `[traps]` that it is counted under, in words.
    pub traps: Vec<String>,
    /// What became of it, in words; none without a state directory, or when nothing did.
    pub fate: Option<String>,
    /// What there is to say when nothing became of it; none without a state directory.
    unseen: Option<String>,
    /// Why the state directory cannot be looked into: the crawl in it runs.
    pub blind: Option<String>,
    host: String,
}

impl Explanation {
    /// Whether it would be fetched, as far as that can be told without the crawl's state.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.scope.is_ok() && self.robots.as_ref().is_none_or(|robots| robots.allows(&self.rewritten))
    }
}

/// Finds out what a crawl would make of a link to `url`, found on a seed. Where the configuration has a state directory,
/// that says what the crawl in it has made of it so far; otherwise the host is asked for its robots.txt.
///
/// Needs an actix system on this thread (`#[actix_rt::main]`).
///
/// # Errors
/// When the configuration has mistakes, a seed file cannot be read, or the state directory is none or damaged.
pub async fn explain(config: &Config, url: &Url) -> Result<Explanation> {
    let (archive, blind) = match config.store.engine() {
        Engine::Embedded(path) => match StateReader::open(path) {
            Ok(archive) => (Some(archive), None),
            Err(StoreError::Refused(message)) => (None, Some(message.to_string())),
            Err(error) => return Err(error.into()),
        },
        Engine::Memory => (None, None),
    };
    let mut explanation = Explanation { blind, ..without_network(config, url, archive.as_ref())? };
    let politeness = politeness_of(&config.frontier(0), &explanation.rewritten);
    let obeys = politeness.robots == Obedience::Obey;
    if obeys && explanation.scope.is_ok() && archive.is_none() {
        let robots = check_robots(config, &explanation.rewritten, None).await?;
        explanation.host = reasons::delay(&politeness, robots.rules.as_ref().ok());
        explanation.robots = Some(robots);
    }
    Ok(explanation)
}

fn without_network(config: &Config, url: &Url, archive: Option<&StateReader>) -> Result<Explanation> {
    config.check()?;
    let rules = rewrite::Rules::new(config.urls.clone()).map_err(Error::Config)?;
    let scope = Scope::new(config.scope.clone()).map_err(Error::Config)?;
    let mut scope = scope.with_rules(rules).with_traps(config.traps.clone());
    let request = scope.rewritten(Request::get(url.clone()));
    let key = UrlKey::of(&request);
    let past = archive.map(|archive| StoredUrl::of(archive, key)).transpose()?;
    for widened in past.iter().flat_map(|past| &past.widened) {
        scope.add_seed(widened);
    }
    let mut is_seed = None;
    for seed in config.seeds()? {
        let seed = scope.rewritten(seed);
        scope.add_seed(seed.url());
        let is_this = seed.url() == request.url();
        is_seed = Some(is_seed.unwrap_or(false) || is_this);
    }
    let rewritten = request.url().clone();
    let canonical = canonical(rewritten.as_str()).into_owned();
    let known = past.as_ref().and_then(|past| past.host.as_ref());
    let now = Clock::start().now().wall;
    let politeness = politeness_of(&config.frontier(0), &rewritten);
    let kept = |counted: &Counted| known.map(|host| host.traps.count(counted.key(key.host)));
    Ok(Explanation {
        fingerprint: Fingerprint::of_link(&canonical),
        scope: standing(config, &scope, &rewritten, is_seed),
        traps: config
            .traps
            .patterns(&rewritten)
            .iter()
            .map(|counted| reasons::counted(counted, kept(counted)))
            .collect(),
        fate: past.as_ref().and_then(|past| history::of(past, config, &canonical, url)),
        unseen: past.as_ref().map(|past| history::unknown(past.host.as_ref())),
        host: known.map_or_else(|| reasons::delay(&politeness, None), |host| history::host(host, &politeness, now)),
        robots: known.map(|host| RobotsCheck::kept(host, config, &rewritten)),
        url: url.clone(),
        blind: None,
        rewritten,
        canonical,
    })
}

/// Whether a URL is in scope; `is_seed` is none where there are no seeds at all.
fn standing(config: &Config, scope: &Scope, url: &Url, is_seed: Option<bool>) -> Result<String, String> {
    let refusal = |reason: Refusal| reasons::refusal(reason, config, url);
    match is_seed {
        Some(true) => scope.admits_seed(url).map(|()| "it is a seed".to_owned()).map_err(refusal),
        None => scope.admits_seed(url).map(|()| "as a seed: the configuration has none".to_owned()).map_err(refusal),
        Some(false) => match scope.admits(url, 1, 0) {
            Ok(0) => Ok(reasons::inside(config)),
            Ok(_) => Ok(format!("within scope.extra_hops = {} links out of the scope", config.scope.extra_hops)),
            Err(reason) => Err(refusal(reason)),
        },
    }
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
            Ok(message) => line("scope", &format!("in: {message}"))?,
            Err(message) => line("scope", &format!("out: {message}"))?,
        }
        for pattern in &self.traps {
            line("trap", &format!("counts for {pattern}"))?;
        }
        if let Some(robots) = &self.robots {
            line("robots.txt", &robots.about(&self.rewritten))?;
        }
        line("politeness", &self.host)?;
        if let Some(fate) = &self.fate {
            return line("fate", fate);
        }
        if let Some(message) = &self.blind {
            line("state", &format!("{message}. What became of a URL is told where the crawl is stopped"))?;
        }
        match (self.is_wanted(), &self.scope, &self.unseen) {
            (_, Err(message), Some(_)) => line("fate", &format!("refused: it does not belong to the crawl: {message}")),
            (_, Ok(_), Some(unseen)) => line("fate", unseen),
            (true, _, None) => line("verdict", "would be fetched, if it is new"),
            (false, Ok(_), None) => line("verdict", "would not be fetched: robots.txt"),
            (false, Err(_), None) => line("verdict", "would not be fetched: it does not belong to the crawl"),
        }
    }
}
