//! Where the crawl itself finds URLs: sitemaps, feeds and `<link>` elements.

use std::cmp::Reverse;

use super::HandlerResult;
use crate::{
    failure::Rejection,
    frontier::scope::{Refusal, discovery::Config},
    http::request::Request,
    messages::lease::Assignment,
    parser::{
        Output, Page,
        output::{PageOutput, link_filter::LinkFilter},
    },
    sitemap::{MAX_ENTRIES, Sitemap, SitemapEntry, SitemapKind},
};
use serde::Serialize;

/// How far a sitemap may move a page within its host's queue, to either side: what it claims is no one else's loss, and
/// little beside the priorities that handlers give.
const PRIORITIES: f32 = 5.0;

/// Follows everything a sitemap or feed lists; it is no page itself, so it yields nothing else.
///
/// # Errors
/// When it is neither.
pub(crate) fn follow_sitemap(page: &Page, assignment: &Assignment, config: &Config) -> Result<PageOutput, Rejection> {
    let sitemap = page.sitemap().ok_or(Rejection::MediaType)?;
    // Pages that a list names are as near as the list itself.
    let depth = assignment.request.depth_value();
    let mut door = LinkFilter::of(assignment.scope.clone(), depth, assignment.request.hops(), MAX_ENTRIES);
    let nesting = assignment.request.meta_value().as_u64().unwrap_or_default() + 1;
    // What was changed last comes first, within this list: whoever claims too much overtakes only pages of its own.
    let mut entries: Vec<_> = sitemap.entries().iter().collect();
    entries.sort_by_key(|entry| Reverse(day(entry)));
    for entry in entries {
        if config.is_old(day(entry)) {
            door.refuse(Refusal::Unchanged);
            continue;
        }
        match sitemap.kind() {
            SitemapKind::Index if nesting > u64::from(config.sitemap_depth) => door.refuse(Refusal::SitemapDepth),
            SitemapKind::Index => door.offer(Request::sitemap(entry.url().clone()).meta(&nesting.into())),
            SitemapKind::Urls | SitemapKind::Feed | SitemapKind::Text => {
                door.offer(Request::get(entry.url().clone()).priority(priority(entry.priority())));
            }
        }
    }
    Ok((door.into_found(), Vec::new()))
}

/// When an entry was changed, as far as that is a date.
fn day(entry: &SitemapEntry) -> Option<&str> {
    entry.lastmod().filter(|text| text.len() >= 4 && text.bytes().take(4).all(|byte| byte.is_ascii_digit()))
}

/// The place in the queue that a sitemap's priority, 0 to 1, comes to: -5 to 5.
fn priority(claimed: f32) -> i8 {
    #[expect(clippy::cast_possible_truncation, reason = "between -5 and 5")]
    let priority = ((claimed.clamp(0.0, 1.0) - 0.5) * 2.0 * PRIORITIES).round() as i8;
    priority
}

/// The list that a page is by its looks, though nobody called it one: a seed that is a sitemap.
pub(crate) fn is_sitemap(page: &Page) -> bool {
    page.request().is_seed() && xml(page).is_some_and(|list| list.kind() != SitemapKind::Feed)
}

/// Follows what the default handler follows beside links.
pub(crate) fn follow_more(page: &Page, out: &mut Output, config: &Config) {
    if config.feeds
        && let Some(feed) = xml(page).filter(|list| list.kind() == SitemapKind::Feed)
    {
        feed.entries().iter().for_each(|entry| drop(out.follow(entry.url())));
    }
    for (rel, href) in page.relations().filter(|_| !config.relations.is_empty()) {
        let has = |wanted: &String| rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(wanted));
        if config.relations.iter().any(has) {
            drop(out.follow(href));
        }
    }
}

/// The list that an XML page is.
fn xml(page: &Page) -> Option<Sitemap> {
    let essence = page.headers().media_type();
    let is_xml = essence.ends_with("/xml") || (essence.ends_with("+xml") && essence != "application/xhtml+xml");
    is_xml.then(|| page.sitemap()).flatten()
}

/// What a crawl without handlers does: one record a page, and every link, unless the page asks for something else.
pub(crate) fn stock(page: &Page, out: &mut Output, discovery: &Config) -> HandlerResult {
    #[derive(Serialize)]
    struct Summary<'a> {
        url: &'a str,
        status: u16,
        title: Option<&'a str>,
        depth: u16,
        links: u64,
    }
    let (url, links) = (page.url().as_str(), page.scan().anchors());
    out.record_if_welcome(Summary { url, status: page.status(), title: page.title(), depth: page.depth(), links });
    out.follow_links();
    follow_more(page, out, discovery);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_bounded() {
        assert_eq!([0.0, 0.5, 0.6, 1.0, 9.0, -9.0].map(priority), [-5, 0, 1, 5, 5, -5]);
    }

    #[test]
    fn feeds_and_relations_are_followed_where_that_is_wanted() {
        let url = "http://a.example/x".parse().unwrap();
        let html = "<link rel='alternate NEXT' href=/next><link rel=prev href=/prev><link rel=next>";
        let page = Page::for_test(url, "text/html", html);
        let mut out = Output::for_test(&page);
        follow_more(&page, &mut out, &Config::default());
        assert_eq!(out.requests().count(), 0);
        follow_more(&page, &mut out, &Config { relations: vec!["next".into()], ..Config::default() });
        assert_eq!(out.requests().map(|request| request.url().path()).collect::<Vec<_>>(), ["/next"]);

        let feed = "<rss><channel><item><link>/r</link></item></channel></rss>";
        for (media_type, feeds, expected) in
            [("text/xml", true, 1), ("application/rss+xml", true, 1), ("text/xml", false, 0), ("text/html", true, 0)]
        {
            let page = Page::for_test("http://a.example/x".parse().unwrap(), media_type, feed);
            let mut out = Output::for_test(&page);
            follow_more(&page, &mut out, &Config { feeds, ..Config::default() });
            assert_eq!(out.requests().count(), expected, "{media_type} {feeds}");
        }
    }
}
