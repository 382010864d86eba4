//! Failures.

use super::*;

#[actix_rt::test]
async fn failures_are_distinguished() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    for (path, error) in [
        ("/hang", "timeout: first_byte"),
        ("/stall", "timeout: idle"),
        ("/cut", "truncated"),
        ("/cutchunk", "truncated"),
        ("/badchunk", "framing: chunk without a size"),
        ("/reset", "reset: "),
        ("/garbage", "framing: invalid HTTP version"),
        ("/wide", "framing: response head is longer than 64 KiB"),
    ] {
        let settlement = fetcher.settlement(Request::get(site.url(path))).await;
        let Outcome::Retry(found) = &settlement.outcome else { panic!("{path}: {settlement:?}") };
        assert!(found.to_string().starts_with(error), "{path}: {found}");
        assert!(settlement.fetch_info.started.is_some());
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settlement = fetcher.settlement(Request::get(format!("http://{free}/").parse().unwrap())).await;
    assert!(matches!(settlement.outcome, Outcome::Retry(FetchError::Connect(_))), "{settlement:?}");
    let tls = format!("https://{}/", site.address).parse().unwrap();
    let settlement = fetcher.settlement(Request::get(tls).timeout(Duration::from_millis(20))).await;
    assert!(
        settlement.fetch_info.started.is_none() && matches!(settlement.outcome, Outcome::Retry(_)),
        "{settlement:?}"
    );
    let slow = Request::get(site.url("/hang")).timeout(Duration::from_millis(20));
    let settlement = fetcher.settlement(slow).await;
    assert!(matches!(settlement.outcome, Outcome::Retry(FetchError::Timeout(Stage::Total))), "{settlement:?}");
    let bad = fetcher.page(Request::get(site.url("/")).header("a b", "c")).await;
    assert!(matches!(bad.result, Err(FetchError::Request(_))));
}

#[actix_rt::test]
async fn unrepeatable_requests_go_to_the_error_handler() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(config()));
    let page = fetcher.page(Request::post(site.url("/reset")).form([("a", "b")])).await;
    assert!(matches!(page.result, Err(FetchError::Reset(_))));
    fetcher.send_lease(Request::get(site.url("/cut")), LeaseKind::Page, true);
    assert!(matches!(fetcher.sent.recv().await, Some(Sent::Page(Fetched { result: Err(FetchError::Truncated), .. }))));
    fetcher.send_lease(Request::get(site.url("/busy")), LeaseKind::Page, true);
    let Some(Sent::Page(Fetched { result, .. })) = fetcher.sent.recv().await else {
        panic!("no page was sent to the Parser")
    };
    assert_eq!(result.unwrap_err(), FetchError::Status(503));
}
