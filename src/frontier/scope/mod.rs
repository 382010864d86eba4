//! The scope: which discovered URLs belong to the crawl.
//!
//! | file or folder | contents |
//! |---|---|
//! | `mod` | the scope: rules, and what the seeds added |
//! | `crawl_scope`, `scope_row` | the scope of a running crawl, and what is stored of it |
//! | `config`, `patterns`, `extensions` | `[scope]`: globs and regular expressions, extensions of paths |
//! | `refusal` | why links are refused |
//! | `traps/` | endless URLs |
//! | `discovery` | `[discovery]`: sitemaps, feeds, relations |

mod config;
pub(crate) mod crawl_scope;
pub(crate) mod discovery;
mod extensions;
mod patterns;
mod refusal;
pub(crate) mod scope_row;
#[cfg(test)]
mod tests;
pub(crate) mod traps;

use std::{collections::BTreeSet, fmt, sync::Arc};

use url::Url;

pub(crate) use self::config::Config;
pub use self::config::ScopeKind;
use self::extensions::{extensions, has_extension};
use self::patterns::Patterns;
pub(crate) use self::patterns::matching;
pub(crate) use self::refusal::{Refusal, Refusals};
use crate::{
    error::ConfigError,
    http::request::{Method, Request},
    urls::{
        canonical::{canonical_url, registrable},
        rewrite,
    },
};

/// The rules of the scope, and what the seeds added to it.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    config: Config,
    include: Option<Patterns>,
    exclude: Option<Patterns>,
    /// `exclude_extensions`, each with its dot.
    extensions: Vec<String>,
    /// Starts of canonical URLs, without the scheme.
    prefixes: Vec<String>,
    hosts: BTreeSet<String>,
    domains: BTreeSet<String>,
    rules: Arc<rewrite::Rules>,
    filter: Option<Filter>,
    traps: traps::Config,
}

/// The user's function, called for links that all other checks admit.
#[derive(Clone)]
pub(crate) struct Filter(pub(crate) Arc<dyn Fn(&Url) -> bool + Send + Sync>);

impl fmt::Debug for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Filter")
    }
}

impl Scope {
    /// A scope with these rules and no seeds.
    ///
    /// # Errors
    /// Every pattern that is not valid.
    pub(crate) fn new(config: Config) -> Result<Self, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let include = Patterns::new("scope.include", &config.include, &mut errors);
        let exclude = Patterns::new("scope.exclude", &config.exclude, &mut errors);
        let extensions = extensions(&config.exclude_extensions, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            config,
            extensions,
            include,
            exclude,
            prefixes: Vec::new(),
            hosts: BTreeSet::new(),
            domains: BTreeSet::new(),
            rules: Arc::default(),
            filter: None,
            traps: traps::Config::default(),
        })
    }

    /// Sets the rules that rewrite URLs.
    pub(crate) fn with_rules(self, rules: rewrite::Rules) -> Self {
        Self { rules: Arc::new(rules), ..self }
    }

    /// Sets the limits for traps.
    pub(crate) fn with_traps(self, traps: traps::Config) -> Self {
        Self { traps, ..self }
    }

    /// Sets the user's function.
    pub(crate) fn with_filter(self, filter: Option<Filter>) -> Self {
        Self { filter, ..self }
    }

    /// Rewrites the URL of a GET by `[urls]`. Other requests and sitemaps are unchanged.
    pub(crate) fn rewritten(&self, request: Request) -> Request {
        if self.rules.is_idle() || request.is_sitemap() || *request.method() != Method::Get {
            return request;
        }
        let url = self.rules.rewrite(request.url());
        request.with_url(url)
    }

    /// Adds what is around a seed to the scope. Returns true if that changed the scope.
    pub(crate) fn add_seed(&mut self, url: &Url) -> bool {
        match self.config.kind {
            ScopeKind::Page | ScopeKind::Any => false,
            ScopeKind::Prefix => {
                let prefix = prefix(url);
                let is_new = !self.prefixes.contains(&prefix);
                if is_new {
                    self.prefixes.push(prefix);
                }
                is_new
            }
            ScopeKind::Host => self.hosts.insert(bare_host(url).to_owned()),
            ScopeKind::Domain => self.domains.insert(registrable(url).to_owned()),
        }
    }

    /// Returns the name of what a seed adds to the scope: a host, domain or prefix. `None` if every URL is in scope anyway.
    pub(crate) fn entry(&self, seed: &Url) -> Option<String> {
        match self.config.kind {
            ScopeKind::Page | ScopeKind::Host => Some(bare_host(seed).to_owned()),
            ScopeKind::Prefix => Some(prefix(seed)),
            ScopeKind::Domain => Some(registrable(seed).to_owned()),
            ScopeKind::Any => None,
        }
    }

    /// Returns true if a function of the user narrows the scope.
    pub(crate) fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    /// Number of hosts in scope. `None` if it is not known.
    #[must_use]
    pub(crate) fn host_count(&self) -> Option<usize> {
        matches!(self.config.kind, ScopeKind::Host).then_some(self.hosts.len())
    }

    /// Checks that also apply to seeds: scheme and length.
    ///
    /// # Errors
    /// Why the URL is refused.
    pub(crate) fn admits_seed(&self, url: &Url) -> Result<(), Refusal> {
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(Refusal::Scheme);
        }
        if url.as_str().len() > self.config.max_url {
            return Err(Refusal::Length);
        }
        Ok(())
    }

    /// Decides whether a link belongs to the crawl. It was found at this depth, on a page `hops` links outside the scope.
    /// Returns how many links outside the scope it is itself.
    ///
    /// # Errors
    /// Why the link is refused.
    pub(crate) fn admits(&self, url: &Url, depth: u16, hops: u8) -> Result<u8, Refusal> {
        self.admits_seed(url)?;
        let written = url;
        let url = &*canonical_url(url);
        self.traps.admits(url).map_err(Refusal::Trap)?;
        if self.has_excluded_extension(url) {
            return Err(Refusal::Extension);
        }
        if self.exclude.as_ref().is_some_and(|patterns| patterns.match_any(url.as_str())) {
            return Err(Refusal::Exclude);
        }
        if self.include.as_ref().is_some_and(|patterns| !patterns.match_any(url.as_str())) {
            return Err(Refusal::Include);
        }
        let hops = if self.is_inside(url) {
            0
        } else if hops < self.config.extra_hops {
            hops + 1
        } else {
            return Err(Refusal::Scope);
        };
        match &self.filter {
            Some(Filter(filter)) if !filter(written) => Err(Refusal::Function),
            // Last, so that links refused for depth are those that would otherwise belong to the crawl.
            Some(_) | None if self.config.depth > 0 && depth > self.config.depth => Err(Refusal::Depth),
            Some(_) | None => Ok(hops),
        }
    }

    /// Decides whether a sitemap is read. It is not a page, so it only needs to be on a host of the scope.
    ///
    /// One that leaves the scope, because a robots.txt names it or an index or redirect there leads to it, has a hop.
    ///
    /// # Errors
    /// Why the sitemap is refused.
    pub(crate) fn admits_sitemap(&self, request: &Request) -> Result<(), Refusal> {
        self.admits_seed(request.url())?;
        if request.hops() > 0 || self.has_host(request.url()) { Ok(()) } else { Err(Refusal::Scope) }
    }

    /// Returns true if the host of a URL has pages in scope.
    pub(crate) fn has_host(&self, url: &Url) -> bool {
        let host = bare_host(url);
        match self.config.kind {
            ScopeKind::Prefix => self.prefixes.iter().any(|prefix| is_on(prefix, host)),
            ScopeKind::Page | ScopeKind::Host | ScopeKind::Domain | ScopeKind::Any => self.is_inside(url),
        }
    }

    fn has_excluded_extension(&self, url: &Url) -> bool {
        if self.extensions.is_empty() {
            return false;
        }
        let page = url.path().rsplit('/').next().unwrap_or_default();
        self.extensions.iter().any(|extension| has_extension(page, extension))
    }

    /// Like [`admits`](Self::admits) or [`admits_sitemap`](Self::admits_sitemap), depending on the request.
    ///
    /// # Errors
    /// Why the request is refused.
    pub(crate) fn admits_request(&self, request: &Request, depth: u16, hops: u8) -> Result<u8, Refusal> {
        if request.is_sitemap() {
            return self.admits_sitemap(request).map(|()| hops.max(request.hops()));
        }
        self.admits(request.url(), depth, hops)
    }

    fn is_inside(&self, url: &Url) -> bool {
        match self.config.kind {
            ScopeKind::Page => false,
            ScopeKind::Prefix => {
                let text = schemeless(url);
                self.prefixes.iter().any(|prefix| text.starts_with(prefix.as_str()))
            }
            ScopeKind::Host => self.hosts.contains(bare_host(url)),
            ScopeKind::Domain => self.domains.contains(registrable(url)),
            ScopeKind::Any => true,
        }
    }
}

fn bare_host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_suffix('.').unwrap_or(host);
    host.strip_prefix("www.").unwrap_or(host)
}

/// Returns true if a prefix (a URL without its scheme) is on this host, with or without `www.`.
fn is_on(prefix: &str, host: &str) -> bool {
    let prefix = prefix.strip_prefix("www.").unwrap_or(prefix);
    prefix.strip_prefix(host).is_some_and(|rest| rest.starts_with(['/', ':']))
}

/// Returns a canonical URL without its scheme, up to the last slash of its path.
fn prefix(url: &Url) -> String {
    let url = canonical_url(url);
    let prefix = schemeless(&url).split(['?', '#']).next().unwrap_or_default();
    let end = prefix.rfind('/').map_or(prefix.len(), |slash| slash + 1);
    prefix.get(..end).unwrap_or_default().to_owned()
}

fn schemeless(url: &Url) -> &str {
    url.as_str().split_once("://").map_or("", |(_, rest)| rest)
}
