//! A crawl with more hosts than fit into memory.

use std::collections::BTreeSet;

use crate::{
    harness::{config, crawl, tree},
    site::Site,
};

#[test]
fn more_hosts_than_memory_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let sites: Vec<_> = (1..=12).map(Site::on).collect();
    let lines = format!("[store]\nhosts = 4\npath = {:?}\n", folder.path().join("state"));
    // Each host has 21 pages, more than a host is given before it is replaced.
    let crawled = crawl(config(&lines), sites.iter().map(|site| site.url("/tree/4/2")));
    let expected: BTreeSet<_> = sites.iter().flat_map(|site| tree(site.url("/tree/4/2"), 4, 2)).collect();
    assert_eq!(crawled.urls(), expected);
    assert_eq!(crawled.records.len(), expected.len());
    assert!(sites.iter().all(|site| site.visits_to("/robots.txt").len() == 1), "robots.txt is stored with the host");
}
