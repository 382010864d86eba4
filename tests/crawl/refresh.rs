//! Refreshes: pages that redirect by themselves.

use std::collections::BTreeSet;

use lycosa::Request;

use crate::{
    harness::{config, crawl, crawl_with},
    site::Site,
};

const IGNORE: &str = "[parser]\nrefresh = \"ignore\"";
const FOLLOW: &str = "[parser]\nrefresh = \"follow\"\nrefresh_delay = \"5s\"";

/// Returns the path of a page with this refresh.
fn page(refresh: &str) -> String {
    let html = format!("<meta http-equiv=Refresh content='{refresh}'><a href=/link>.</a>");
    let escaped = percent_encoding::utf8_percent_encode(&html, percent_encoding::NON_ALPHANUMERIC).to_string();
    format!("/html?{escaped}")
}

fn crawled(site: &Site, lines: &str, path: &str) -> BTreeSet<String> {
    let urls = crawl(config(lines), [site.url(path)]).urls();
    urls.iter().map(|url| url.strip_prefix(site.url("/").as_str()).unwrap_or(url).to_owned()).collect()
}

#[test]
fn a_refresh_is_a_redirect_if_configured() {
    let site = Site::start();
    let there = page("0; url=/there");
    let own = there.strip_prefix('/').unwrap();
    assert_eq!(crawled(&site, FOLLOW, &there), BTreeSet::from(["there".to_owned()]));
    assert_eq!(crawled(&site, "", &there), BTreeSet::from([own.to_owned(), "link".to_owned()]));
    assert_eq!(crawled(&site, FOLLOW, "/refreshed?1;/there"), BTreeSet::from(["there".to_owned()]));
    // These refreshes have a long delay, lead to the page itself, or to no URL.
    for refresh in ["6; url=/there", "0", "0; url=", "0; url=#top", "0; url=http://[", "x"] {
        let path = page(refresh);
        let all = BTreeSet::from([path.strip_prefix('/').unwrap().to_owned(), "link".to_owned()]);
        assert_eq!(crawled(&site, FOLLOW, &path), all, "{refresh}");
    }
}

#[test]
fn limits_of_redirects_apply_to_refreshes() {
    let (site, other) = (Site::start(), Site::on(2));
    for (path, reason) in [(page("0; url=javascript:x"), "scope"), ("/refreshing?0".to_owned(), "redirects")] {
        let report = crawl(config(FOLLOW), [site.url(&path)]).report;
        assert_eq!(report.stats.get(&format!("rejected/{reason}")), 1, "{path} {report}");
    }
    assert_eq!(site.visits_to("/refreshing").len(), 11);
    let secret =
        Request::get(site.url(&page(&format!("0; url={}", other.url("/x"))))).header("Authorization", "secret");
    crawl_with(config(FOLLOW), [secret], |crawler| crawler);
    assert_eq!(other.visits_to("/x").iter().map(|visit| visit.header("authorization")).collect::<Vec<_>>(), [None]);
    // Of two pages that refresh to each other, each is fetched once.
    let report = crawl(config(FOLLOW), [site.url("/refreshed?0;/refreshed%3F0;/refreshed")]).report;
    assert!(report.balance.redirected <= 3 && report.balance.admitted <= 3, "{report}");
}

#[test]
fn a_seed_without_a_link_to_follow_leads_to_the_target_of_its_refresh() {
    let (site, other) = (Site::start(), Site::on(2));
    let refresh = |more: &str| {
        let html = format!("<meta http-equiv=refresh content='0; url=/there'>{more}");
        format!("/html?{}", percent_encoding::utf8_percent_encode(&html, percent_encoding::NON_ALPHANUMERIC))
    };
    let there = BTreeSet::from(["there".to_owned()]);
    // Links that are not followed do not count: to the page itself, to other hosts and schemes, with `nofollow`.
    for more in [
        "",
        "<a href=#top>",
        "<a href=mailto:a@b.example>",
        "<a href=//b.example/>",
        "<a rel=nofollow href=x>",
        "<a href='http://['>",
    ] {
        assert_eq!(crawled(&site, "", &refresh(more)), there, "{more}");
    }
    assert_eq!(crawled(&site, "", "/refreshed?1;/there"), there);
    for more in
        ["<a href=/link>", "<area href=/link>", "<iframe src=/link></iframe>", "<svg><a xlink:href=/link></a></svg>"]
    {
        let path = refresh(more);
        let all = BTreeSet::from([path.strip_prefix('/').unwrap().to_owned(), "link".to_owned()]);
        assert_eq!(crawled(&site, "", &path), all, "{more}");
    }
    assert_eq!(crawled(&site, "[parser]\nframes = \"ignore\"", &refresh("<iframe src=/link></iframe>")), there);
    // Pages whose refresh does not count, and a page that is not a seed.
    let (nofollow, seed) = (refresh("<meta name=robots content=nofollow>"), refresh(""));
    let noscript = refresh("").replace("%3Cmeta", "%3Cnoscript%3E%3Cmeta");
    let script = page("0; url=javascript:x").replace("%3Ca%20href", "%3Ca%20name");
    for (lines, path) in [("", &nofollow), ("", &noscript), ("", &script), (IGNORE, &seed)] {
        let own = BTreeSet::from([path.strip_prefix('/').unwrap().to_owned()]);
        assert_eq!(crawled(&site, lines, path), own, "{lines} {path}");
    }
    let html = format!("<a href='{seed}'>");
    let linked = format!("/html?{}", percent_encoding::utf8_percent_encode(&html, percent_encoding::NON_ALPHANUMERIC));
    assert!(!crawled(&site, "", &linked).contains("there"));
    // As a redirect of a seed, it may lead to another host, whose links are followed.
    let away = page(&format!("0; url={}", other.url("/"))).replace("href%3D%2Flink", "name%3Dx");
    crawl(config(""), [site.url(&away)]);
    assert!(!other.visits_to("/").is_empty());
}
