//! Connections, memory and proxies.

use super::*;

#[actix_rt::test]
async fn a_stale_connection_costs_no_attempt() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    fetcher.page(Request::get(site.url("/once"))).await;
    // The request is not sent again before the turn of its host.
    let settlement = fetcher.settlement(Request::get(site.url("/once"))).await;
    assert!(matches!(settlement.outcome, Outcome::Stale), "{settlement:?}");
    assert_eq!((settlement.fetch_info.requests, settlement.fetch_info.started.is_some()), (1, true));
    fetcher.page(Request::get(site.url("/once"))).await;
    fetcher.send_lease(Request::get(site.url("/once")), LeaseKind::Robots, false);
    assert!(matches!(fetcher.sent.recv().await, Some(Sent::Settlement(Settlement { outcome: Outcome::Stale, .. }))));
    // A form may have been received.
    fetcher.page(Request::get(site.url("/once"))).await;
    let form = fetcher.page(Request::post(site.url("/once")).form([("a", "b")])).await;
    assert!(matches!(form.result, Err(FetchError::Reset(_))));
}

#[actix_rt::test]
async fn idle_connections_are_limited() {
    let ([first, second], mut fetcher) =
        ([(); 2].map(|()| Site::start(reply)), TestFetcher::new(Config { idle: 1, ..config() }));
    for site in [&first, &first, &second, &second] {
        fetcher.page(Request::get(site.url("/page"))).await;
    }
    assert!(first.closes(Duration::from_secs(5)) && !second.closes(Duration::ZERO));
    let mut fetcher = TestFetcher::new(Config { keep_alive: Duration::ZERO, ..config() });
    fetcher.page(Request::get(first.url("/page"))).await;
    assert!(first.closes(Duration::from_secs(5)));
    fetcher.page(Request::get(first.url("/page"))).await;
}

#[actix_rt::test]
async fn with_a_full_budget_bodies_are_read_one_by_one() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    fetcher.budget = Budget::new(1);
    for _ in 0..5 {
        fetcher.send_lease(Request::get(site.url("/page")), LeaseKind::Page, false);
    }
    let mut pages = Vec::new();
    while pages.len() < 5 {
        let Some(Sent::Page(page)) = fetcher.sent.recv().await else { panic!("no page") };
        pages.push(page);
    }
    assert_eq!(fetcher.budget.held(), 5 * 8);
}

#[actix_rt::test]
async fn proxies_get_the_whole_url_and_their_credentials() {
    let proxy = Site::start(|_, _| Reply::Bytes(html("through")));
    let proxies = vec![format!("http://user:word@{}", proxy.address).as_str().into()];
    let headers = [("Accept".to_owned(), String::new())].into();
    let mut fetcher = TestFetcher::new(Config { proxies, headers, ..config() });
    let mut page = fetcher.page(Request::get("http://no.example:81/x?y".parse().unwrap())).await;
    let response = page.result.unwrap();
    assert_eq!((&*response.body, response.address, page.lease.fetch_info().address), (&b"through"[..], None, None));
    let request = proxy.requests().remove(0);
    assert!(request.starts_with("GET http://no.example:81/x?y HTTP/1.1\r\nhost: no.example:81\r\n"), "{request}");
    assert!(request.contains("proxy-authorization: Basic dXNlcjp3b3Jk\r\n"));
    assert!(!request.contains("accept: "));
}
