//! Who the crawl is towards servers.

use std::sync::Arc;

use super::{Cookies, client::auth::Credentials};
use crate::http::validators::ValidatorCache;

/// What every Fetcher tells servers of itself, and whom it says it is.
#[derive(Clone, Default)]
pub(crate) struct Identity {
    /// `crawl.user_agent`, complete.
    pub(crate) user_agent: String,
    /// The cookie jars.
    pub(crate) cookies: Cookies,
    /// `[[auth]]` and `fetcher.netrc`
    pub(crate) credentials: Arc<Credentials>,
    /// Versions of what was fetched.
    pub(crate) versions: ValidatorCache,
}

impl Identity {
    /// What was told of it to the state may not have been kept: all of it will be told again.
    pub(crate) fn change_all(&self) {
        self.cookies.change_all();
        self.versions.change_all();
    }
}
