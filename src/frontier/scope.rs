//! Which discovered URLs belong to the crawl.

use std::collections::{BTreeMap, BTreeSet};

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{canonical::registrable, error::ConfigError};

/// `[scope]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What the seeds' neighbourhood is.
    pub kind: ScopeKind,
    /// Only URLs that match one of these globs (`re:` before it: a regular expression); empty: all.
    pub include: Vec<String>,
    /// No URL that matches one of these.
    pub exclude: Vec<String>,
    /// Links between a seed and a page, at most; 0 = no limit.
    pub depth: u16,
    /// Links followed out of the scope, at most.
    pub extra_hops: u8,
    /// The longest URL, in bytes.
    pub max_url: usize,
    /// Pages of one host, at most; 0 = no limit (10,000 under kind = "any").
    pub host_pages: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            kind: ScopeKind::Host,
            include: Vec::new(),
            exclude: Vec::new(),
            depth: 0,
            extra_hops: 0,
            max_url: 2048,
            host_pages: 0,
        }
    }
}

/// How far from the seeds a crawl goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScopeKind {
    /// The seeds alone.
    Page,
    /// URLs that begin with a seed's, up to its last slash.
    Prefix,
    /// The seeds' hosts, with or without `www.`, whatever the scheme.
    #[default]
    Host,
    /// The seeds' registrable domains.
    Domain,
    /// Everything.
    Any,
}

/// Why a link is none of the crawl's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Refusal {
    /// Not http or https, or without a host.
    Scheme,
    /// Longer than `scope.max_url`.
    Length,
    /// Further from the seed than `scope.depth`.
    Depth,
    /// Outside `scope.kind`.
    Scope,
    /// Matches no `scope.include`.
    Include,
    /// Matches a `scope.exclude`.
    Exclude,
    /// Over `scope.host_pages`.
    HostPages,
    /// Over `parser.max_links` of one page.
    MaxLinks,
    /// Is no URL.
    NoUrl,
    /// A request body over 1 MiB.
    Body,
    /// Not to be followed: by its `rel`, or by its page's wish.
    Nofollow,
}

impl Refusal {
    /// The reason as counters name it.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Length => "length",
            Self::Depth => "depth",
            Self::Scope => "scope",
            Self::Include => "include",
            Self::Exclude => "exclude",
            Self::HostPages => "host_pages",
            Self::MaxLinks => "max_links",
            Self::NoUrl => "no_url",
            Self::Body => "body",
            Self::Nofollow => "nofollow",
        }
    }
}

/// Links refused, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusals(BTreeMap<Refusal, u64>);

impl Refusals {
    /// Counts one more.
    pub(crate) fn count(&mut self, reason: Refusal) {
        self.add(reason, 1);
    }

    /// Counts so many more.
    pub(crate) fn add(&mut self, reason: Refusal, count: u64) {
        if count > 0 {
            *self.0.entry(reason).or_default() += count;
        }
    }

    /// The counts, by reason.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Refusal, u64)> {
        self.0.iter().map(|(&reason, &count)| (reason, count))
    }

    /// All of them.
    #[must_use]
    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// The scope rules and what the seeds have put into it.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    config: Config,
    include: Option<Patterns>,
    exclude: Option<Patterns>,
    prefixes: Vec<String>,
    hosts: BTreeSet<String>,
    domains: BTreeSet<String>,
}

impl Scope {
    /// The scope of these rules, without seeds yet.
    ///
    /// # Errors
    /// Every pattern that is none.
    pub(crate) fn new(config: Config) -> Result<Self, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let include = Patterns::new("scope.include", &config.include, &mut errors);
        let exclude = Patterns::new("scope.exclude", &config.exclude, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let (prefixes, hosts, domains) = Default::default();
        Ok(Self { config, include, exclude, prefixes, hosts, domains })
    }

    /// Takes a seed's surroundings in. Says whether that changed the scope.
    pub(crate) fn add_seed(&mut self, url: &Url) -> bool {
        match self.config.kind {
            ScopeKind::Page | ScopeKind::Any => false,
            ScopeKind::Prefix => {
                let text = schemeless(url);
                let prefix = text.split(['?', '#']).next().unwrap_or_default();
                let end = prefix.rfind('/').map_or(prefix.len(), |slash| slash + 1);
                let prefix = prefix.get(..end).unwrap_or_default().to_owned();
                let new = !self.prefixes.contains(&prefix);
                if new {
                    self.prefixes.push(prefix);
                }
                new
            }
            ScopeKind::Host => self.hosts.insert(bare_host(url).to_owned()),
            ScopeKind::Domain => self.domains.insert(registrable(url).to_owned()),
        }
    }

    /// How many hosts are in scope, where that is known.
    #[must_use]
    pub(crate) fn host_count(&self) -> Option<usize> {
        matches!(self.config.kind, ScopeKind::Host).then_some(self.hosts.len())
    }

    /// Whether what is neither scheme, length nor pattern is all right: the checks that hold for seeds too.
    ///
    /// # Errors
    /// The reason why not.
    pub(crate) fn admits_seed(&self, url: &Url) -> Result<(), Refusal> {
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(Refusal::Scheme);
        }
        if url.as_str().len() > self.config.max_url {
            return Err(Refusal::Length);
        }
        Ok(())
    }

    /// Whether a link found `hops` links outside the scope, at this depth, belongs to the crawl. Says how many links
    /// outside the scope it is itself.
    ///
    /// # Errors
    /// The reason why not.
    pub(crate) fn admits(&self, url: &Url, depth: u16, hops: u8) -> Result<u8, Refusal> {
        self.admits_seed(url)?;
        if self.config.depth > 0 && depth > self.config.depth {
            return Err(Refusal::Depth);
        }
        if self.exclude.as_ref().is_some_and(|patterns| patterns.match_any(url.as_str())) {
            return Err(Refusal::Exclude);
        }
        if self.include.as_ref().is_some_and(|patterns| !patterns.match_any(url.as_str())) {
            return Err(Refusal::Include);
        }
        match self.is_inside(url) {
            true => Ok(0),
            false if hops < self.config.extra_hops => Ok(hops + 1),
            false => Err(Refusal::Scope),
        }
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

/// Globs and regular expressions over whole URLs.
#[derive(Clone, Debug)]
struct Patterns {
    globs: GlobSet,
    regexes: regex::RegexSet,
}

impl Patterns {
    fn new(key: &str, texts: &[String], errors: &mut Vec<ConfigError>) -> Option<Self> {
        if texts.is_empty() {
            return None;
        }
        let mut globs = GlobSetBuilder::new();
        let mut regexes = Vec::new();
        let mut bad = |index: usize, words: String| {
            errors.push(ConfigError { origin: "config".to_owned(), key: format!("{key}[{index}]"), words });
        };
        for (index, text) in texts.iter().enumerate() {
            match text.strip_prefix("re:") {
                Some(expression) => match regex::Regex::new(expression) {
                    Ok(_) => regexes.push(expression),
                    Err(error) => bad(index, format!("`{text}` is no regular expression: {error}")),
                },
                None => match Glob::new(text) {
                    Ok(glob) => drop(globs.add(glob)),
                    Err(error) => bad(index, format!("`{text}` is no glob: {error}")),
                },
            }
        }
        let globs = globs.build().map_err(|error| bad(0, error.to_string())).ok()?;
        let regexes = regex::RegexSet::new(regexes).map_err(|error| bad(0, error.to_string())).ok()?;
        Some(Self { globs, regexes })
    }

    fn match_any(&self, url: &str) -> bool {
        self.globs.is_match(url) || self.regexes.is_match(url)
    }
}

fn bare_host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host)
}

fn schemeless(url: &Url) -> &str {
    url.as_str().split_once("://").map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(kind: ScopeKind, config: Config) -> Scope {
        let mut scope = Scope::new(Config { kind, ..config }).unwrap();
        scope.add_seed(&"http://www.example.co.uk/a/b?x".parse().unwrap());
        scope
    }

    fn admits(scope: &Scope, url: &str) -> Result<u8, Refusal> {
        scope.admits(&url.parse().unwrap(), 1, 0)
    }

    #[test]
    fn kinds() {
        use ScopeKind::{Any, Domain, Host, Page, Prefix};
        for (kind, url, inside) in [
            (Page, "http://www.example.co.uk/a/b?x", false),
            (Prefix, "https://www.example.co.uk/a/c", true),
            (Prefix, "http://www.example.co.uk/b", false),
            (Host, "https://example.co.uk/", true),
            (Host, "http://shop.example.co.uk/", false),
            (Domain, "http://shop.example.co.uk/", true),
            (Domain, "http://other.co.uk/", false),
            (Any, "http://other.example/", true),
        ] {
            assert_eq!(admits(&scope(kind, Config::default()), url).is_ok(), inside, "{kind:?} {url}");
        }
    }

    #[test]
    fn reasons() {
        let rules = Config {
            include: vec!["*/a/*".into(), "re:[?&]p=\\d+$".into()],
            exclude: vec!["*.pdf".into()],
            depth: 1,
            max_url: 60,
            ..Config::default()
        };
        let scope = scope(ScopeKind::Host, rules);
        assert_eq!(admits(&scope, "ftp://example.co.uk/a/"), Err(Refusal::Scheme));
        assert_eq!(admits(&scope, "http://example.co.uk/a/x.pdf"), Err(Refusal::Exclude));
        assert_eq!(admits(&scope, "http://example.co.uk/b"), Err(Refusal::Include));
        assert_eq!(admits(&scope, "http://example.co.uk/b?p=12"), Ok(0));
        assert_eq!(admits(&scope, "http://other.example/a/b"), Err(Refusal::Scope));
        assert_eq!(admits(&scope, &format!("http://example.co.uk/a/{}", "x".repeat(60))), Err(Refusal::Length));
        assert_eq!(scope.admits(&"http://example.co.uk/a/".parse().unwrap(), 2, 0), Err(Refusal::Depth));
    }

    #[test]
    fn extra_hops_lead_out_and_no_further() {
        let scope = scope(ScopeKind::Host, Config { extra_hops: 1, ..Config::default() });
        assert_eq!(admits(&scope, "http://other.example/"), Ok(1));
        assert_eq!(scope.admits(&"http://third.example/".parse().unwrap(), 2, 1), Err(Refusal::Scope));
    }

    #[test]
    fn bad_patterns_are_named() {
        let config = Config { include: vec!["[".into()], exclude: vec!["re:(".into()], ..Config::default() };
        let keys: Vec<_> = Scope::new(config).unwrap_err().into_iter().map(|error| error.key).collect();
        assert_eq!(keys, ["scope.include[0]", "scope.exclude[0]"]);
    }
}
