//! How the binary ends: at a signal, at a second one, and by itself.

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
    assert!(signal(crawler, "TERM"), "the crawler has ended before it was told to");
}

#[test]
fn a_signal_lets_what_is_under_way_end() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let crawler = crawl(&site, "/links?n=500&to=/slow%3Fms=100%26page=", folder.path(), &[]);
    wait_for("the crawl", || (site.page_arrivals().len() > 20).then_some(()));
    terminate(&crawler);
    assert_eq!(end_of(crawler).code(), Some(11));

    // Whatever the site was asked for stands in the output: nothing was broken off, and nothing came twice.
    let records = records(folder.path());
    let urls: BTreeSet<_> = records.iter().map(|record| record["url"].as_str().unwrap()).collect();
    assert_eq!((urls.len(), records.len()), (records.len(), site.page_arrivals().len()));
    assert!(records.len() < 501);
}

#[test]
fn a_second_signal_waits_for_nothing() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let mut crawler = crawl(&site, "/links?n=50&to=/slow%3Fms=60000%26page=", folder.path(), &[]);
    wait_for("the crawl", || (site.page_arrivals().len() > 4).then_some(()));
    let start = Instant::now();
    terminate(&crawler);
    // The system may make one of two signals that come at the same time, so the second one is sent until it works.
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
fn the_exit_code_says_what_ended_the_crawl() {
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
