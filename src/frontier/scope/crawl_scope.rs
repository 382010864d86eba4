//! The scope of a running crawl: the configured rules, and what seeds and their redirects have added.

use std::sync::Arc;

use url::Url;

use super::Scope;
use crate::{frontier::crawl_start::CrawlStart, http::request::Request};

/// Maximum number of URLs whose surroundings are remembered across a restart; each is written with every commit.
const MAX_WIDENED: usize = 1000;

/// The scope of a running crawl.
#[derive(Debug)]
pub(crate) struct CrawlScope {
    /// Shared with the leases; copied only if it changes while one is out.
    current: Arc<Scope>,
    /// Redirect targets of seeds, and seeds that came through pipes: at most [`MAX_WIDENED`].
    widened: Vec<Url>,
    /// What `widened` alone adds to the scope.
    widened_scope: Scope,
    /// If resumed, URLs may be queued that were admitted with another scope.
    start: CrawlStart,
}

impl CrawlScope {
    /// The scope of the configuration, with what earlier processes added.
    pub(crate) fn new(mut scope: Scope, widened: Vec<Url>, start: CrawlStart) -> Self {
        let mut widened_scope = scope.without_seeds();
        for url in &widened {
            scope.add_seed(url);
            widened_scope.add_seed(url);
        }
        Self { current: Arc::new(scope), widened, widened_scope, start }
    }

    /// Returns the scope as it is now.
    pub(crate) fn current(&self) -> &Arc<Scope> {
        &self.current
    }

    /// Adds the surroundings of a seed. Returns true if that changed the scope.
    pub(crate) fn add_seed(&mut self, url: &Url) -> bool {
        Arc::make_mut(&mut self.current).add_seed(url)
    }

    /// Remembers an addition to the scope across a restart.
    pub(crate) fn remember(&mut self, url: &Url) {
        if self.widened.len() < MAX_WIDENED && self.widened_scope.add_seed(url) {
            self.widened.push(url.clone());
        }
    }

    /// Returns the additions to remember across a restart.
    pub(crate) fn widened(&self) -> &[Url] {
        &self.widened
    }

    /// Returns true if a queued request, admitted by an earlier process, is no longer in scope.
    pub(crate) fn excludes_queued(&self, request: &Request) -> bool {
        if self.start == CrawlStart::New {
            return false;
        }
        if request.is_seed() {
            return self.current.admits_seed(request.url()).is_err();
        }
        self.current.admits(request.url(), request.depth_value(), request.hops().saturating_sub(1)).is_err()
    }
}
