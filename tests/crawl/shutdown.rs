//! How the binary ends: after one signal, after two, and by itself.

use std::{
    collections::BTreeSet,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use crate::{
    process::{crawl, end_of, records, signal, wait_for},
    site::Site,
};

fn terminate(crawler: &Child) {
    assert!(signal(crawler, "TERM"), "the crawler ended before the signal");
}

#[test]
fn a_signal_lets_requests_in_flight_finish() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let crawler = crawl(&site, "/links?n=500&to=/slow%3Fms=100%26page=", folder.path(), &[]);
    wait_for("the crawl", || (site.page_arrivals().len() > 20).then_some(()));
    terminate(&crawler);
    assert_eq!(end_of(crawler).code(), Some(11));

    // Every page that was requested is in the output: none was lost, and none came twice.
    let records = records(folder.path());
    let urls: BTreeSet<_> = records.iter().map(|record| record["url"].as_str().unwrap()).collect();
    assert_eq!((urls.len(), records.len()), (records.len(), site.page_arrivals().len()));
    assert!(records.len() < 501);
}

#[test]
fn a_second_signal_ends_at_once() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let mut crawler = crawl(&site, "/links?n=50&to=/slow%3Fms=60000%26page=", folder.path(), &[]);
    wait_for("the crawl", || (site.page_arrivals().len() > 4).then_some(()));
    let start = Instant::now();
    terminate(&crawler);
    // The system may merge two signals that arrive together, so the second one is repeated until the process ends.
    let status = wait_for("the end", || {
        thread::sleep(Duration::from_millis(200));
        let ended = crawler.try_wait().unwrap();
        if ended.is_none() {
            terminate(&crawler);
        }
        ended
    });
    assert_eq!(status.code(), Some(13));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(records(folder.path()).len() <= 1);
}

#[test]
fn the_exit_code_names_the_limit() {
    let site = Site::start();
    let (tree, slow) = ("/tree/3/2", "/links?n=500&to=/slow%3Fms=100%26page=");
    for (path, more, code) in [
        (tree, &[][..], 0),
        (tree, &["--set", "limits.pages=5"], 14),
        (tree, &["--set", "limits.records=5"], 14),
        (slow, &["--set", "limits.time=1s"], 15),
    ] {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(end_of(crawl(&site, path, folder.path(), more)).code(), Some(code), "{more:?}");
        assert!(!records(folder.path()).is_empty(), "{more:?}");
    }
}
