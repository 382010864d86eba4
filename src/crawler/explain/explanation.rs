//! The whole explanation of one URL.

use std::fmt;

use url::Url;

use super::{
    history, reasons,
    robots::{RobotsCheck, check_robots},
    stored::StoredUrl,
};
use crate::{
    config::Config,
    error::{Error, Result, StoreError},
    frontier::{
        politeness::{Obedience, policy::politeness_of},
        scope::{Refusal, Scope, traps::Counted},
    },
    http::request::{Request, fingerprint::Fingerprint},
    keys::UrlKey,
    runtime::clock::Clock,
    store::Inspect,
    urls::{
        canonical::{canonical, registrable, root},
        rewrite,
    },
};

/// Explanation of one URL: what a crawl would do with it, or has done. [`fmt::Display`] shows all of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// URL as given.
    pub url: Url,
    /// URL after `[urls]`: what would be fetched.
    pub rewritten: Url,
    /// Canonical form, by which URLs are compared.
    pub canonical: String,
    /// Fingerprint of a GET request for it.
    pub fingerprint: Fingerprint,
    /// Why it is in scope (`Ok`) or out of scope (`Err`).
    pub scope: Result<String, String>,
    /// What robots.txt says; `None` if it is ignored, or was not fetched.
    pub robots: Option<RobotsCheck>,
    /// Patterns of `[traps]` that count it.
    pub traps: Vec<String>,
    /// Status of the URL in the crawl; `None` without a state directory, or if the URL is unknown.
    pub status: Option<String>,
    /// Status to show if the URL is unknown; `None` without a state directory.
    unknown: Option<String>,
    /// Reason why the state directory cannot be used, as when a crawl is running in it.
    pub state_error: Option<String>,
    /// State of the host, or its politeness if the host is unknown.
    host: String,
}

impl Explanation {
    /// Returns true if the URL would be fetched, as far as that is known without the crawl's state.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.scope.is_ok() && self.robots.as_ref().is_none_or(|robots| robots.allows(&self.rewritten))
    }
}

/// Explains what a crawl would do with a link to `url`, found on a seed. With a state directory, it also explains what the
/// crawl has done with the URL; without one, it fetches the host's robots.txt.
///
/// Needs an actix system on this thread (`#[actix_rt::main]`).
///
/// # Errors
/// If the configuration has errors, a seed file cannot be read, or the state directory is missing or damaged.
pub async fn explain(config: &Config, url: &Url) -> Result<Explanation> {
    let (crawl, state_error) = match config.store.engine().inspect() {
        Ok(crawl) => (crawl, None),
        Err(StoreError::Refused(message)) => (None, Some(message.to_string())),
        Err(error) => return Err(error.into()),
    };
    let mut explanation = Explanation { state_error, ..without_network(config, url, crawl.as_deref())? };
    let politeness = politeness_of(&config.frontier(0, 0), &explanation.rewritten);
    let obeys = politeness.robots == Obedience::Obey;
    if obeys && explanation.scope.is_ok() && crawl.is_none() {
        let robots = check_robots(config, &explanation.rewritten, None).await?;
        explanation.host = reasons::delay(&politeness, robots.rules.as_ref().ok());
        explanation.robots = Some(robots);
    }
    Ok(explanation)
}

fn without_network(config: &Config, url: &Url, crawl: Option<&dyn Inspect>) -> Result<Explanation> {
    config.check()?;
    let rules = rewrite::Rules::new(config.urls.clone()).map_err(Error::Config)?;
    let scope = Scope::new(config.scope.clone()).map_err(Error::Config)?;
    let mut scope = scope.with_rules(rules).with_traps(config.traps.clone());
    let request = scope.rewritten(Request::get(url.clone()));
    let key = UrlKey::from_request(&request);
    let stored = crawl.map(|crawl| StoredUrl::read(crawl, key, request.url())).transpose()?;
    for seed in stored.iter().flat_map(|stored| &stored.remembered) {
        scope.add_seed(seed);
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
    let host = stored.as_ref().and_then(|stored| stored.host.as_ref());
    let now = Clock::start().now().wall;
    let politeness = politeness_of(&config.frontier(0, 0), &rewritten);
    let count = |counted: &Counted| host.map(|host| host.traps.count(counted.key(key.host)));
    let traps = config.traps.patterns(&rewritten);
    Ok(Explanation {
        fingerprint: Fingerprint::from_link(&canonical),
        scope: scope_of(config, &scope, &rewritten, is_seed),
        traps: traps.iter().map(|counted| reasons::counted(counted, count(counted))).collect(),
        status: stored.as_ref().and_then(|stored| history::status(stored, config, &canonical, url)),
        unknown: stored.as_ref().map(|stored| history::unknown(stored, config)),
        host: host.map_or_else(|| reasons::delay(&politeness, None), |host| history::host(host, &politeness, now)),
        robots: host.map(|host| RobotsCheck::from_stored(host, config, &rewritten)),
        url: url.clone(),
        state_error: None,
        rewritten,
        canonical,
    })
}

/// Returns why a URL is in scope or out of scope; `is_seed` is `None` if there are no seeds.
fn scope_of(config: &Config, scope: &Scope, url: &Url, is_seed: Option<bool>) -> Result<String, String> {
    let refusal = |reason: Refusal| reasons::refusal(reason, config, url);
    match is_seed {
        Some(true) => scope.admits_seed(url).map(|()| "it is a seed".to_owned()).map_err(refusal),
        None => scope.admits_seed(url).map(|()| "as a seed: the configuration has none".to_owned()).map_err(refusal),
        Some(false) => match scope.admits(url, 1, 0) {
            Ok(0) => Ok(reasons::in_scope(config)),
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
        if let Some(status) = &self.status {
            return line("status", status);
        }
        if let Some(message) = &self.state_error {
            line("state", message)?;
        }
        match (self.is_wanted(), &self.scope, &self.unknown) {
            (_, Err(message), Some(_)) => line("status", &format!("refused: out of scope: {message}")),
            (_, Ok(_), Some(unknown)) => line("status", unknown),
            (true, _, None) => line("verdict", "would be fetched if it is new"),
            (false, Ok(_), None) => line("verdict", "would not be fetched: robots.txt forbids it"),
            (false, Err(_), None) => line("verdict", "would not be fetched: out of scope"),
        }
    }
}
