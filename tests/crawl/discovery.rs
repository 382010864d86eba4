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
    let rules = "Sitemap: /sitemap/gz?first=1&n=2\nSitemap: ftp://127.0.0.1/elsewhere.xml\nSitemap: /ok";
    for (toml, listed) in [("", &[][..]), ("[discovery]\nsitemaps = \"robots\"", &["listed/1", "listed/2"])] {
        let site = site(rules);
        let crawled = crawl(config(toml), [site.url("/seed")]);
        assert_eq!(paths(&crawled.urls()), [listed, &["seed"]].concat());
        let expected = u64::from(!listed.is_empty());
        // A robots.txt may name things that are not sitemaps, or cannot be fetched.
        assert_eq!(crawled.report.stats.get("rejected/media_type"), expected);
        assert_eq!(crawled.report.stats.get("refused/scheme"), expected);
    }
}

/// Returns the path of an XML file with this text.
fn xml(text: &str) -> String {
    let body: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    format!("/typed?type=text/xml&body={body}")
}

/// Returns the path of a list of these URLs.
fn list(root: &str, element: &str, urls: &[url::Url]) -> String {
    let entry = |url: &url::Url| format!("<{element}><loc>{}</loc></{element}>", url.as_str().replace('&', "&amp;"));
    xml(&format!("<{root}>{}</{root}>", urls.iter().map(entry).collect::<String>()))
}

/// Crawls a site on `127.0.0.1` whose robots.txt names this sitemap. It gets the site of the pages.
fn crawl_with_sitemap(sitemap: impl FnOnce(&Site) -> String) -> (Site, crate::harness::Crawled) {
    // The port must be known before the robots.txt is written, so the pages are on another port of the host.
    let pages = Site::start();
    let rules = format!("Sitemap: {}", sitemap(&pages)).leak();
    let first = site(rules);
    let crawled = crawl(config("[discovery]\nsitemaps = \"robots\""), [first.url("/seed")]);
    (pages, crawled)
}

#[test]
fn sitemaps_on_other_hosts_are_read_if_robots_txt_names_them() {
    let other = Site::on(2);
    let (pages, crawled) = crawl_with_sitemap(|pages| {
        let urls = [pages.url("/in"), other.url("/out")];
        format!("\u{200b}{}\u{a0}", other.url(&list("urlset", "url", &urls)))
    });
    assert_eq!(pages.visits_to("/in").len(), 1);
    assert_eq!((other.visits_to("/robots.txt").len(), other.visits_to("/typed").len()), (1, 1));
    assert_eq!(other.visits_to("/out").len(), 0);
    assert_eq!(crawled.report.stats.get("refused/scope"), 1);
}

#[test]
fn indexes_on_other_hosts_name_sitemaps_of_their_own_host() {
    let (other, third) = (Site::on(2), Site::on(3));
    let (pages, crawled) = crawl_with_sitemap(|pages| {
        let inner = other.url(&list("urlset", "url", &[pages.url("/in")]));
        let home = pages.url(&list("urlset", "url", &[pages.url("/home")]));
        other.url(&list("sitemapindex", "sitemap", &[inner, home, third.url("/no.xml")])).into()
    });
    assert_eq!((pages.visits_to("/in").len(), pages.visits_to("/home").len()), (1, 1));
    assert_eq!(third.visits().len(), 0);
    assert_eq!(crawled.report.stats.get("refused/scope"), 1);
}

#[test]
fn sitemaps_may_be_redirected_to_other_hosts() {
    let (other, third) = (Site::on(2), Site::on(3));
    let (pages, _) = crawl_with_sitemap(|pages| {
        let target = third.url(&list("urlset", "url", &[pages.url("/in"), third.url("/out")]));
        let hop = other.url(&format!("/to?{target}"));
        pages.url(&format!("/to?{hop}")).into()
    });
    assert_eq!(pages.visits_to("/in").len(), 1);
    assert_eq!((third.visits_to("/typed").len(), third.visits_to("/out").len()), (1, 0));
}

#[test]
fn other_hosts_of_sitemaps_are_asked_for_their_robots_txt() {
    let third = Site::on(3);
    let rules = format!("User-agent: *\nDisallow: /\nSitemap: {}", third.url("/no.xml")).leak();
    let robots = Robots { status: 200, rules, ..Robots::default() };
    let other = Site::with(Options { host: 2, robots, ..Options::default() });
    let (pages, _) = crawl_with_sitemap(|pages| other.url(&list("urlset", "url", &[pages.url("/in")])).into());
    assert_eq!((other.visits_to("/typed").len(), pages.visits_to("/in").len(), third.visits().len()), (0, 0, 0));
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
