//! The machine's own network goes away in the middle of an answer.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use super::*;

/// Whether the network is away for whoever looks next.
static AWAY: AtomicBool = AtomicBool::new(false);
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Breaks every second answer, and the network with it.
fn reply(path: &str, _: usize) -> Reply {
    if !ASKED.fetch_add(1, SeqCst).is_multiple_of(2) {
        // Said to be the last: a form must not meet a kept connection that is about to close.
        return Reply::Last(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nwhole".to_vec());
    }
    AWAY.store(true, SeqCst);
    let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab".to_vec();
    match path {
        "/silent" => Reply::Hang(Vec::new()),
        "/stalled" => Reply::Hang(begun),
        "/reset" => Reply::Reset(begun),
        _ => Reply::Last(begun),
    }
}

#[actix_rt::test]
async fn it_costs_no_attempt() {
    let (site, mut rig) = (Site::start(reply), Rig::online_while(config(), || !AWAY.swap(false, SeqCst)));
    for path in ["/silent", "/stalled", "/reset", "/cut"] {
        for kind in [LeaseKind::Page, LeaseKind::Robots] {
            rig.lend(Request::get(site.url(path)), kind, true);
            match rig.left.recv().await {
                Some(Left::Page(page)) => assert_eq!(page.result.unwrap().body, "whole", "{path}"),
                Some(Left::SettlementSender(home)) => {
                    assert!(matches!(home.outcome, Outcome::Robots(RobotsAnswer::Rules(_))), "{path}: {home:?}");
                }
                None => panic!("{path}: lost"),
            }
        }
    }
    assert_eq!(site.requests().len(), 16);
    // A form is not sent again.
    let page = rig.page(Request::post(site.url("/cut")).form([("a", "b")])).await;
    assert_eq!(page.result.unwrap_err(), FetchError::Truncated);
}
