//! Refreshes of pages: they count as redirects, as `parser.refresh` has it.

use std::time::Duration;

use super::Page;
use crate::{
    failure::Rejection,
    http::{
        redirect,
        refresh::{AtRefresh, Refresh},
        request::Request,
    },
};

/// Follows refreshes as configured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refreshes {
    /// `parser.refresh`
    pub(crate) at: AtRefresh,
    /// `parser.refresh_delay`: a refresh with a longer delay is ignored.
    pub(crate) max_delay: Duration,
    /// `fetcher.redirects`
    pub(crate) redirects: u8,
    /// `fetcher.secret_headers`
    pub(crate) secret_headers: Vec<String>,
}

impl Refreshes {
    /// Returns true if the refresh of every page is followed.
    pub(crate) fn are_followed(&self) -> bool {
        self.at == AtRefresh::Follow
    }

    /// Returns the request for the target of the page's refresh. `None` if the page is to be parsed.
    ///
    /// # Errors
    /// If there were too many redirects, or if the target is neither http nor https.
    pub(crate) fn follow(&self, page: &Page) -> Result<Option<Request>, Rejection> {
        if self.are_followed() { self.target(page) } else { Ok(None) }
    }

    /// Like [`Refreshes::follow`], also for a seed that `is_end`: it has no link to follow.
    ///
    /// # Errors
    /// Like [`Refreshes::follow`].
    pub(crate) fn follow_in_crawl(
        &self,
        page: &Page,
        is_end: impl FnOnce() -> bool,
    ) -> Result<Option<Request>, Rejection> {
        match self.at {
            AtRefresh::Ignore => Ok(None),
            AtRefresh::Follow => self.target(page),
            AtRefresh::Seeds if !page.request().is_seed() => Ok(None),
            // A page whose refresh cannot be followed is handled like any other.
            AtRefresh::Seeds => Ok(self.target(page).ok().flatten().filter(|_| is_end())),
        }
    }

    /// Returns the request for the target of the page's refresh.
    ///
    /// The header field takes precedence over the element, as in browsers.
    fn target(&self, page: &Page) -> Result<Option<Request>, Rejection> {
        if page.request().is_sitemap() {
            return Ok(None);
        }
        let (refresh, base) = match page.header("refresh").and_then(Refresh::parse) {
            Some(refresh) => (refresh, page.url()),
            None => match page.refresh().and_then(Refresh::parse) {
                Some(refresh) => (refresh, page.base()),
                None => return Ok(None),
            },
        };
        if refresh.delay > self.max_delay || refresh.url.is_empty() {
            return Ok(None);
        }
        // An invalid URL is ignored, and so is a page that reloads itself.
        let url = page.resolve(base, refresh.url).ok().map(|mut url| {
            url.set_fragment(None);
            url
        });
        let Some(url) = url.filter(|url| url != page.url()) else { return Ok(None) };
        redirect::refreshed(page.request(), url, self.redirects, &self.secret_headers).map(Some)
    }
}
