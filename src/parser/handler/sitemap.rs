//! Follows the entries of sitemaps and feeds.

use std::cmp::Reverse;

use super::{Handler, HandlerResult};
use crate::{
    failure::Rejection,
    frontier::scope::{Refusal, discovery::Config},
    http::request::Request,
    parser::{Output, Page},
    sitemap::{SitemapEntry, SitemapKind},
};

/// Maximum priority that a sitemap gives to an entry; the minimum is its negative.
///
/// It is small compared with the priorities of handlers, and only concerns the queue of the sitemap's own host.
const MAX_PRIORITY: f32 = 5.0;

/// The built-in handler of sitemaps: follows every entry, and emits no record.
pub(crate) struct SitemapHandler {
    config: Config,
}

impl SitemapHandler {
    /// Creates a handler with these settings.
    pub(crate) fn new(config: Config) -> Self {
        Self { config }
    }
}

impl Handler for SitemapHandler {
    fn handle(&self, page: &Page, out: &mut Output) -> HandlerResult {
        let sitemap = page.sitemap().ok_or(Rejection::MediaType)?;
        let nesting = page.meta().as_u64().unwrap_or_default() + 1;
        let links = out.list_entries(page);
        // Recently changed entries first. Priorities only order the entries of this list.
        let mut entries: Vec<_> = sitemap.entries().iter().collect();
        entries.sort_by_key(|entry| Reverse(day(entry)));
        for entry in entries {
            if self.config.is_old(day(entry)) {
                links.refuse(Refusal::Unchanged);
                continue;
            }
            match sitemap.kind() {
                SitemapKind::Index if nesting > u64::from(self.config.sitemap_depth) => {
                    links.refuse(Refusal::SitemapDepth);
                }
                SitemapKind::Index => {
                    let list = Request::sitemap(entry.url().clone()).caused_by(page.request());
                    // An index out of scope may only name sitemaps of its own site.
                    let hops = if entry.url().host_str() == page.url().host_str() { page.request().hops() } else { 0 };
                    links.offer(list.meta(&nesting.into()).with_hops(hops));
                }
                SitemapKind::Urls | SitemapKind::Feed | SitemapKind::Text => {
                    links.offer(Request::get(entry.url().clone()).priority(priority(entry.priority())));
                }
            }
        }
        Ok(())
    }
}

/// Returns the date of an entry's last change, if it starts with a year.
fn day(entry: &SitemapEntry) -> Option<&str> {
    entry.lastmod().filter(|text| text.len() >= 4 && text.bytes().take(4).all(|byte| byte.is_ascii_digit()))
}

/// Converts the priority of a sitemap, 0 to 1, to one of a request, -5 to 5.
fn priority(claimed: f32) -> i8 {
    #[expect(clippy::cast_possible_truncation, reason = "between -5 and 5")]
    let priority = ((claimed.clamp(0.0, 1.0) - 0.5) * 2.0 * MAX_PRIORITY).round() as i8;
    priority
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_bounded() {
        assert_eq!([0.0, 0.5, 0.6, 1.0, 9.0, -9.0].map(priority), [-5, 0, 1, 5, 5, -5]);
    }
}
