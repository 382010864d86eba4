//! Slow pages are fetched at the same time.

use std::time::Duration;

use crate::{
    harness::{config, crawl},
    site::Site,
};

#[test]
fn a_hundred_pages_of_two_seconds_take_less_than_three() {
    let site = Site::start();
    let seeds = (0..100).map(|page| site.url(&format!("/slow?ms=2000&page={page}")));
    let crawled = crawl(config("[politeness]\nhost_concurrency = 100"), seeds.collect::<Vec<_>>());
    assert_eq!((crawled.records.len(), site.most_at_once()), (100, 100));
    assert!(crawled.report.elapsed < Duration::from_secs(3), "{:?}", crawled.report.elapsed);
}
