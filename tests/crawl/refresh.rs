//! Refreshes: pages that redirect by themselves.

use std::collections::BTreeSet;

use lycosa::Request;

use crate::{
    harness::{config, crawl, crawl_with},
    site::Site,
};

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
