//! Pages that are to be left for another one: a refresh is a redirect, where the configuration says so.

use std::time::Duration;

use super::Page;
use crate::{
    failure::Rejection,
    http::{
        redirect,
        refresh::{AtRefresh, Refresh},
        request::{Request, anonymous},
    },
};

/// What is needed to follow a refresh.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refreshes {
    /// `parser.refresh`
    pub(crate) at: AtRefresh,
    /// `parser.refresh_delay`: a longer one is no redirect.
    pub(crate) longest: Duration,
    /// `fetcher.redirects`
    pub(crate) redirects: u8,
    /// `fetcher.secret_headers`
    pub(crate) secret_headers: Vec<String>,
}

impl Refreshes {
    /// Whether any is.
    pub(crate) fn are_followed(&self) -> bool {
        self.at == AtRefresh::Follow
    }

    /// Where a page is to be left for; none when it is a page like any other. The field counts before the element, as in
    /// browsers.
    ///
    /// # Errors
    /// When it is one redirect too many, or leads neither to http nor to https.
    pub(crate) fn follow(&self, page: &Page) -> Result<Option<Request>, Rejection> {
        match self.at {
            AtRefresh::Ignore => return Ok(None),
            AtRefresh::Follow if page.request().is_sitemap() => return Ok(None),
            AtRefresh::Follow => {}
        }
        let (refresh, base) = match (page.header("refresh").and_then(Refresh::parse), page.is_html()) {
            (Some(refresh), _) => (refresh, page.url()),
            (None, true) => match page.refresh().and_then(Refresh::parse) {
                Some(refresh) => (refresh, page.base()),
                None => return Ok(None),
            },
            (None, false) => return Ok(None),
        };
        if refresh.delay > self.longest || refresh.url.is_empty() {
            return Ok(None);
        }
        // What is no URL, or the page itself again, is no place to go to.
        let url = base.join(refresh.url).ok().map(|mut url| {
            url.set_fragment(None);
            anonymous(url)
        });
        let Some(url) = url.filter(|url| url != page.url()) else { return Ok(None) };
        redirect::refreshed(page.request(), url, self.redirects, &self.secret_headers).map(Some)
    }
}
