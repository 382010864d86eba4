//! The handler of a crawl without handlers of its own.

use serde::Serialize;

use super::{Handler, HandlerResult, sitemap::SitemapHandler};
use crate::{
    base::text::tokens,
    frontier::scope::discovery::Config,
    http::xml_root,
    parser::{Output, Page},
    sitemap::{Sitemap, SitemapKind},
};

/// The default handler: emits one record per page and follows every link, unless robots directives forbid it.
///
/// A seed that is a sitemap is handled like one. With `[discovery]` it also follows feeds and `<link>` relations.
pub(crate) struct DefaultHandler {
    config: Config,
    sitemaps: SitemapHandler,
}

/// Record of a page.
#[derive(Serialize)]
struct Summary<'a> {
    url: &'a str,
    status: u16,
    title: Option<&'a str>,
    depth: u16,
    links: u64,
}

impl DefaultHandler {
    /// Creates a handler with these settings.
    pub(crate) fn new(config: Config) -> Self {
        Self { sitemaps: SitemapHandler::new(config.clone()), config }
    }
}

impl Handler for DefaultHandler {
    fn handle(&self, page: &Page, out: &mut Output) -> HandlerResult {
        if is_sitemap(page) {
            return self.sitemaps.handle(page, out);
        }
        let (url, links) = (page.url().as_str(), page.scan().link_count());
        let (status, title, depth) = (page.status(), page.title(), page.depth());
        out.record_unless_noindex(Summary { url, status, title, depth, links });
        out.follow_links();
        follow_discoveries(page, out, &self.config);
        Ok(())
    }
}

/// Returns true for a seed that is a sitemap, though not declared as one.
fn is_sitemap(page: &Page) -> bool {
    page.request().is_seed() && xml(page).is_some_and(|list| list.kind() != SitemapKind::Feed)
}

/// Follows what `[discovery]` asks for in addition to links: feeds and `<link>` relations.
fn follow_discoveries(page: &Page, out: &mut Output, config: &Config) {
    if config.feeds
        && let Some(feed) = xml(page).filter(|list| list.kind() == SitemapKind::Feed)
    {
        feed.entries().iter().for_each(|entry| drop(out.follow(entry.url())));
    }
    for (rel, href) in page.relations().filter(|_| !config.relations.is_empty()) {
        let has = |wanted: &String| tokens(rel).any(|token| token.eq_ignore_ascii_case(wanted));
        if config.relations.iter().any(has) {
            drop(out.follow(href));
        }
    }
}

/// Parses a page of an XML media type as a sitemap or feed, and a feed of any text type.
fn xml(page: &Page) -> Option<Sitemap> {
    let essence = page.media_type();
    let is_xml = essence.ends_with("/xml") || (essence.ends_with("+xml") && essence != "application/xhtml+xml");
    let is_feed = || essence.starts_with("text/") && xml_root::feed(page.body()).is_some();
    (is_xml || is_feed()).then(|| page.sitemap()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_and_relations_are_followed_as_configured() {
        let url = "http://a.example/x".parse().unwrap();
        let html = "<link rel='alternate NEXT' href=/next><link rel=prev href=/prev><link rel=next>";
        let page = Page::for_test(url, "text/html", html);
        let mut out = Output::for_test(&page);
        follow_discoveries(&page, &mut out, &Config::default());
        assert_eq!(out.requests().count(), 0);
        follow_discoveries(&page, &mut out, &Config { relations: vec!["next".into()], ..Config::default() });
        assert_eq!(out.requests().map(|request| request.url().path()).collect::<Vec<_>>(), ["/next"]);

        let feed = "<rss><channel><item><link>/r</link></item></channel></rss>";
        for (media_type, feeds, expected) in [
            ("text/xml", true, 1),
            ("application/rss+xml", true, 1),
            ("text/xml", false, 0),
            ("text/html", true, 1),
            ("text/plain", true, 1),
            ("text/rss", true, 1),
            ("", true, 1),
            ("application/json", true, 0),
        ] {
            let page = Page::for_test("http://a.example/x".parse().unwrap(), media_type, feed);
            let mut out = Output::for_test(&page);
            follow_discoveries(&page, &mut out, &Config { feeds, ..Config::default() });
            assert_eq!(out.requests().count(), expected, "{media_type} {feeds}");
        }
    }
}
