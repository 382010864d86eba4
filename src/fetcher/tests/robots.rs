//! robots.txt.

use super::*;

#[actix_rt::test]
async fn robots_txt_is_fetched_in_one_lease() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    for (path, is_reachable, requests) in [
        ("/robots.txt", true, 2),
        ("/missing", true, 1),
        ("/busy", false, 1),
        ("/cut", false, 1),
        // A redirect to a forbidden address does not make the pages of this host forbidden.
        ("/guarded.txt", false, 1),
    ] {
        let (answer, fetch_info) = fetcher.robots(site.url(path)).await;
        assert_eq!(matches!(answer, RobotsAnswer::Rules(_)), is_reachable, "{path}");
        assert_eq!(fetch_info.requests, requests, "{path}");
    }
    let identity = site.requests().iter().filter(|request| request.contains("accept-encoding: identity\r\n")).count();
    assert_eq!(identity, site.requests().len());
}

#[actix_rt::test]
async fn robots_txt_is_decoded() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    for path in ["/odd.txt", "/compressed.txt"] {
        let (answer, _) = fetcher.robots(site.url(path)).await;
        let RobotsAnswer::Rules(rules) = answer else { panic!("{path}: {answer:?}") };
        assert!(!rules.allows("/no") && rules.allows("/yes"), "{path}");
    }
}
