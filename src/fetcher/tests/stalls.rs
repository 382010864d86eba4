//! Leases that get no data for a while.

use super::*;

/// Enough for a whole test, but not for the timeouts.
const PATIENCE: Duration = Duration::from_millis(100);

fn reply(path: &str, _: usize) -> Reply {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\nab".to_vec();
    match path {
        "/hang" => Reply::Hang(Vec::new()),
        "/hang-in-head" => Reply::Hang(b"HTTP/1.1 200 OK\r\n".to_vec()),
        "/hang-in-body" => Reply::Hang(head),
        "/trickle-head" => Reply::Trickle(b"HTTP/1.1 200 OK\r\nx: ".to_vec()),
        "/trickle-body" => Reply::Trickle(head),
        _ => Reply::Bytes(html("page")),
    }
}

fn patient() -> Config {
    let mut config = config();
    (config.timeout.first_byte, config.timeout.idle) = (Duration::from_secs(60), Duration::from_secs(60));
    Config { max_body: ByteSize(1 << 20), ..config }
}

async fn stalled(fetcher: &mut TestFetcher) -> Vec<u64> {
    match fetcher.sent.recv().await {
        Some(Sent::Stalled(serials)) => serials,
        Some(Sent::Page(page)) => panic!("{page:?}"),
        Some(Sent::Settlement(settlement)) => panic!("{settlement:?}"),
        None => panic!("the Fetcher ended"),
    }
}

#[actix_rt::test]
async fn a_stalled_lease_is_reported_once_and_can_be_revoked() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(patient()));
    for kind in [LeaseKind::Page, LeaseKind::Robots] {
        for path in ["/hang", "/hang-in-head", "/hang-in-body", "/trickle-head", "/trickle-body"] {
            fetcher.send_assignment(Request::get(site.url(path)), kind, true, Some(PATIENCE));
            assert_eq!(stalled(&mut fetcher).await, [0], "{path}");
            // Other leases are not affected.
            fetcher.fetcher.do_send(Revoke([7, 8].into()));
            fetcher.fetcher.do_send(Revoke([0].into()));
            let Some(Sent::Settlement(settlement)) = fetcher.sent.recv().await else { panic!("{path}: no settlement") };
            assert!(matches!(settlement.outcome, Outcome::Revoked), "{path}: {settlement:?}");
            assert!(settlement.fetch_info.started.is_some(), "{path}");
        }
    }
}

#[actix_rt::test]
async fn a_revocation_that_comes_too_late_changes_nothing() {
    let (site, mut fetcher) = (Site::start(reply), TestFetcher::new(patient()));
    fetcher.send_assignment(Request::get(site.url("/page")), LeaseKind::Page, false, Some(PATIENCE));
    assert!(matches!(fetcher.sent.recv().await, Some(Sent::Page(_))));
    fetcher.fetcher.do_send(Revoke([0].into()));
    // An unresponsive host has the full timeouts: this lease is not reported.
    let slow = Request::get(site.url("/hang")).timeout(4 * PATIENCE);
    let settlement = fetcher.settlement(slow).await;
    assert!(matches!(settlement.outcome, Outcome::Retry(FetchError::Timeout(Stage::Total))), "{settlement:?}");
}
