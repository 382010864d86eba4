//! robots.txt.

use super::*;

#[actix_rt::test]
async fn robots_txt_is_read_or_missing() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    for (path, is_reachable, requests) in [("/missing", true, 1), ("/busy", false, 1), ("/cut", false, 1)] {
        let (answer, fetch_info) = fetcher.robots(site.url(path)).await;
        assert_eq!(matches!(answer, RobotsAnswer::Rules(_)), is_reachable, "{path}");
        assert_eq!(fetch_info.requests, requests, "{path}");
    }
    let identity = site.requests().iter().filter(|request| request.contains("accept-encoding: identity\r\n")).count();
    assert_eq!(identity, site.requests().len());
}

/// A redirect ends the lease, because the next hop waits for the turn of its host. After five of them the file counts as
/// missing.
#[actix_rt::test]
async fn each_hop_of_robots_txt_is_a_lease() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    let mut request = Request::get(site.url("/robots.txt"));
    while request.redirects() < 5 {
        fetcher.send_lease(request, LeaseKind::Robots, false);
        let Some(Sent::Settlement(settlement)) = fetcher.sent.recv().await else { panic!("no settlement") };
        let Outcome::Redirected(next) = settlement.outcome else { panic!("{:?}", settlement.outcome) };
        assert_eq!((next.url().path(), settlement.fetch_info.requests), ("/real.txt", 1));
        assert!(next.headers().is_empty(), "{next:?}");
        request = next.redirected(site.url("/robots.txt"), false);
    }
    fetcher.send_lease(request, LeaseKind::Robots, false);
    let Some(Sent::Settlement(settlement)) = fetcher.sent.recv().await else { panic!("no settlement") };
    assert!(matches!(settlement.outcome, Outcome::Robots(RobotsAnswer::Rules(_))), "{:?}", settlement.outcome);
    // A redirect to a forbidden address does not make the pages of this host forbidden.
    let guarded = Request::get(site.url("/")).redirected("http://127.0.0.1:25/x".parse().unwrap(), false);
    fetcher.send_lease(guarded, LeaseKind::Robots, false);
    let Some(Sent::Settlement(settlement)) = fetcher.sent.recv().await else { panic!("no settlement") };
    assert!(matches!(settlement.outcome, Outcome::Robots(RobotsAnswer::Unreachable(_))), "{:?}", settlement.outcome);
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
