//! The machine loses its network in the middle of a response.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use super::*;

/// True if the next check finds the network lost.
static IS_LOST: AtomicBool = AtomicBool::new(false);
/// Number of requests so far.
static REQUESTS: AtomicUsize = AtomicUsize::new(0);

/// Breaks every second response, and the network with it.
fn reply(path: &str, _: usize) -> Reply {
    if !REQUESTS.fetch_add(1, SeqCst).is_multiple_of(2) {
        // `connection: close`: a form must not be sent on a kept connection that is about to close.
        return Reply::Last(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nwhole".to_vec());
    }
    IS_LOST.store(true, SeqCst);
    let start = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab".to_vec();
    match path {
        "/silent" => Reply::Hang(Vec::new()),
        "/stalled" => Reply::Hang(start),
        "/reset" => Reply::Reset(start),
        _ => Reply::Last(start),
    }
}

#[actix_rt::test]
async fn a_lost_network_costs_no_attempt() {
    let (site, mut fetcher) =
        (Site::start(reply), TestFetcher::online_while(config(), || !IS_LOST.swap(false, SeqCst)));
    for path in ["/silent", "/stalled", "/reset", "/cut"] {
        for kind in [LeaseKind::Page, LeaseKind::Robots] {
            fetcher.send_lease(Request::get(site.url(path)), kind, true);
            match fetcher.sent.recv().await {
                Some(Sent::Page(page)) => assert_eq!(page.result.unwrap().body, "whole", "{path}"),
                Some(Sent::Settlement(settlement)) => {
                    assert!(
                        matches!(settlement.outcome, Outcome::Robots(RobotsAnswer::Rules(_))),
                        "{path}: {settlement:?}"
                    );
                }
                Some(Sent::Stalled(_)) | None => panic!("{path}: lost"),
            }
        }
    }
    assert_eq!(site.requests().len(), 16);
    // A form is not sent again.
    let page = fetcher.page(Request::post(site.url("/cut")).form([("a", "b")])).await;
    assert_eq!(page.result.unwrap_err(), FetchError::Truncated);
}
