//! More hosts than there is room for in memory.

use std::collections::BTreeSet;

use crate::{
    harness::{config, crawl, tree},
    site::Site,
};

#[test]
fn a_wide_crawl_takes_its_hosts_in_turns() {
    let folder = tempfile::tempdir().unwrap();
    let sites: Vec<_> = (1..=12).map(Site::on).collect();
    let lines = format!("[store]\nhosts = 4\npath = {:?}\n", folder.path().join("state"));
    // 21 pages each: more than a host gives before it makes room.
    let crawled = crawl(config(&lines), sites.iter().map(|site| site.url("/tree/4/2")));
    let wanted: BTreeSet<_> = sites.iter().flat_map(|site| tree(site.url("/tree/4/2"), 4, 2)).collect();
    assert_eq!(crawled.urls(), wanted);
    assert_eq!(crawled.records.len(), wanted.len());
    assert!(sites.iter().all(|site| site.visits_to("/robots.txt").len() == 1), "the row keeps robots.txt");
}
