//! Who the crawl is towards servers.

use std::sync::Arc;

use super::{Cookies, auth};

/// What every Fetcher tells servers of itself, and whom it says it is.
#[derive(Clone, Default)]
pub(crate) struct Identity {
    /// `crawl.user_agent`, complete.
    pub(crate) user_agent: String,
    /// The cookie jars.
    pub(crate) cookies: Cookies,
    /// `[[auth]]`
    pub(crate) auth: Arc<[auth::Config]>,
    /// The text of a `.netrc`.
    pub(crate) netrc: Arc<str>,
}
