//! The scope of a running crawl: the configured rules, and what seeds and their redirects have added.

use std::sync::Arc;

use hashbrown::HashSet;
use url::Url;

use super::{
    Refusal, Scope,
    scope_row::{ScopeRow, exempt_row, scope_row, scope_seeds},
};
use crate::{error::StoreError, frontier::crawl_start::CrawlStart, http::request::Request, keys::UrlKey};

/// The scope of a running crawl.
#[derive(Debug)]
pub(crate) struct CrawlScope {
    /// Shared with the leases; copied only if it changes while one is out.
    current: Arc<Scope>,
    /// What has rows in the store, as [`Scope::entry`] names it: as many as the scope itself has.
    remembered: HashSet<String>,
    /// Keys of the seeds of this run. Empty if the crawl is new, because then nothing is queued by other rules.
    seeds: HashSet<UrlKey>,
    start: CrawlStart,
}

impl CrawlScope {
    /// The scope of the configuration, with what the rows of earlier runs add. `old` are the additions of format 2, which
    /// has no such rows. Also returns the rows for these.
    ///
    /// # Errors
    /// If a row is corrupt.
    pub(crate) fn new(
        scope: Scope,
        rows: &[ScopeRow],
        old: &[Url],
        start: CrawlStart,
    ) -> Result<(Self, Vec<ScopeRow>), StoreError> {
        let mut new = Self { current: Arc::new(scope), remembered: HashSet::new(), seeds: HashSet::new(), start };
        for url in scope_seeds(rows)? {
            new.add_seed(&url);
            new.remembered.extend(new.current.entry(&url));
        }
        let mut added = Vec::new();
        for url in old {
            new.add_seed(url);
            added.extend(new.remember(url));
        }
        Ok((new, added))
    }

    /// Returns the scope as it is now.
    pub(crate) fn current(&self) -> &Arc<Scope> {
        &self.current
    }

    /// Adds the surroundings of a seed. Returns true if that changed the scope.
    pub(crate) fn add_seed(&mut self, url: &Url) -> bool {
        Arc::make_mut(&mut self.current).add_seed(url)
    }

    /// Notes that this run has the seed.
    pub(crate) fn confirm_seed(&mut self, key: UrlKey) {
        if self.start == CrawlStart::Resumed {
            self.seeds.insert(key);
        }
    }

    /// Returns the row that keeps an addition to the scope across a restart; `None` if there is one.
    pub(crate) fn remember(&mut self, url: &Url) -> Option<ScopeRow> {
        let entry = self.current.entry(url)?;
        let row = scope_row(&entry, url);
        self.remembered.insert(entry).then_some(row)
    }

    /// Returns the rows that keep a seed's addition to the scope, and its exemption, across a restart.
    pub(crate) fn remember_seed(&mut self, url: &Url) -> impl Iterator<Item = ScopeRow> {
        self.remember(url).into_iter().chain(exempt_row(url))
    }

    /// Checks a queued request that another configuration admitted.
    ///
    /// # Errors
    /// Why it is not in scope now.
    pub(crate) fn admits_queued(&self, key: &UrlKey, request: &Request) -> Result<(), Refusal> {
        let hops = request.hops().saturating_sub(1);
        let as_link = || self.current.admits_request(request, request.depth_value(), hops).map(drop);
        // A seed of an earlier run that came through a pipe does not come again.
        let is_remembered = || self.current.entry(request.url()).is_some_and(|entry| self.remembered.contains(&entry));
        if request.is_seed() && (self.seeds.contains(key) || is_remembered()) {
            return self.current.admits_seed(request.url());
        }
        as_link()
    }

    /// Returns true if a queued request must be checked, which was admitted by the configuration `admitted_by`, while
    /// `current` is that of this run. The user's function may change between runs without a change of the configuration.
    pub(crate) fn must_check(&self, admitted_by: u32, current: u32) -> bool {
        self.start == CrawlStart::Resumed && (admitted_by != current || self.current.has_filter())
    }
}
