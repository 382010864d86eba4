//! Sitemaps, feeds and other sources of URLs beside links.

use std::collections::BTreeSet;

use lycosa::Request;

use crate::{
    harness::{config, crawl, crawl_with},
    site::{Options, Robots, Site},
};

fn site(rules: &'static str) -> Site {
    let robots = Robots { status: 200, rules, ..Robots::default() };
    Site::with(Options { robots, ..Options::default() })
}

fn paths(urls: &BTreeSet<String>) -> Vec<&str> {
    urls.iter().map(|url| url.split_once("//").unwrap().1.split_once('/').unwrap().1).collect()
}

#[test]
fn sitemaps_of_robots_txt_are_read_if_configured() {
    let rules = "Sitemap: /sitemap/gz?first=1&n=2\nSitemap: http://127.0.0.9/elsewhere.xml\nSitemap: /ok";
    for (toml, listed) in [("", &[][..]), ("[discovery]\nsitemaps = \"robots\"", &["listed/1", "listed/2"])] {
        let site = site(rules);
        let crawled = crawl(config(toml), [site.url("/seed")]);
        assert_eq!(paths(&crawled.urls()), [listed, &["seed"]].concat());
        let expected = u64::from(!listed.is_empty());
        // A robots.txt may name things that are not sitemaps, or are out of scope.
        assert_eq!(crawled.report.stats.get("rejected/media_type"), expected);
        assert_eq!(crawled.report.stats.get("refused/scope"), expected);
    }
}

#[test]
fn a_seed_can_be_a_sitemap() {
    let site = Site::start();
    let crawled = crawl(config(""), [site.url("/sitemap/pages?n=3")]);
    assert_eq!(paths(&crawled.urls()), ["listed/0", "listed/1", "listed/2"]);

    fn titles(page: &lycosa::Page, out: &mut lycosa::Output) -> lycosa::HandlerResult {
        out.record(page.title());
        Ok(())
    }
    let seeds = [Request::sitemap(site.url("/sitemap/gz?n=2"))];
    let crawled = crawl_with(config("[scope]\ninclude = [\"*/listed/*\"]"), seeds, |crawler| crawler.otherwise(titles));
    assert_eq!(paths(&crawled.urls()), ["listed/0", "listed/1"]);

    let sitemap = format!("[discovery]\nsitemap_urls = [\"{}\"]", site.url("/sitemap/pages?first=7&n=1"));
    assert_eq!(paths(&crawl(config(&sitemap), []).urls()), ["listed/7"]);
}

#[test]
fn an_endless_index_ends() {
    let site = Site::start();
    let crawled = crawl(config("[discovery]\nsitemap_depth = 2"), [site.url("/sitemap/index/0")]);
    let listed = ["listed/0", "listed/1", "listed/10", "listed/11"];
    assert_eq!(paths(&crawled.urls()), listed);
    assert_eq!(crawled.report.stats.get("refused/sitemap_depth"), 2);
    assert_eq!(site.visits_to("/sitemap/index").len(), 3);
}

#[test]
fn feeds_are_followed() {
    let site = Site::start();
    let crawled = crawl(config(""), [site.url("/feed?n=2")]);
    assert_eq!(paths(&crawled.urls()), ["feed?n=2", "listed/0", "listed/1"]);
    assert_eq!(crawl(config("[discovery]\nfeeds = false"), [site.url("/feed?n=2")]).records.len(), 1);
}

#[test]
fn link_relations_are_followed_if_configured() {
    let site = Site::start();
    let page = "/html?%3Clink%20rel=next%20href=/n%3E%3Clink%20rel=canonical%20href=/c%3E";
    for (rule, found) in [("[]", 1), ("[\"next\"]", 2), ("[\"next\", \"canonical\"]", 3)] {
        let crawled = crawl(config(&format!("[discovery]\nrelations = {rule}")), [site.url(page)]);
        assert_eq!(crawled.records.len(), found);
    }
}

#[test]
fn recently_changed_pages_of_a_sitemap_come_first() {
    let site = Site::start();
    let crawled = crawl(
        config("[politeness]\nhost_concurrency = 1\n[discovery]\nsitemap_since = \"2026-01-03\""),
        [site.url("/sitemap/pages?n=5")],
    );
    let visits: Vec<_> = site.visits_to("/listed/").into_iter().map(|visit| visit.target).collect();
    assert_eq!(visits, ["/listed/4", "/listed/3", "/listed/2"]);
    assert_eq!(crawled.report.stats.get("refused/unchanged"), 2);
}
