//! How the crawl presents itself to servers.

use std::sync::Arc;

use super::{Cookies, client::auth::Credentials};
use crate::{http::validators::ValidatorCache, side_table::SideTable};

/// User agent, cookies and credentials, shared by all Fetchers.
#[derive(Clone, Default)]
pub(crate) struct Identity {
    /// `crawl.user_agent`, complete.
    pub(crate) user_agent: String,
    /// The cookie jars.
    pub(crate) cookies: Cookies,
    /// `[[auth]]` and `fetcher.netrc`
    pub(crate) credentials: Arc<Credentials>,
    /// Validators (`ETag`, `Last-Modified`) of pages fetched before.
    pub(crate) validators: ValidatorCache,
}

impl Identity {
    /// Returns the tables that are committed with the crawl.
    pub(crate) fn side_tables(&self) -> Vec<Box<dyn SideTable>> {
        vec![Box::new(self.cookies.clone()), Box::new(self.validators.clone())]
    }
}
