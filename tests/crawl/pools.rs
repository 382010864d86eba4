//! The number of actors and threads changes only the duration of a crawl.

use crate::{
    harness::{config, crawl, tree},
    site::Site,
};

#[test]
fn every_pool_size_finds_the_same_pages() {
    let site = Site::start();
    let root = site.url("/tree/4/2");
    for workers in [1, 2] {
        for (fetchers, parsers) in [(1, 1), (1, 2), (2, 1), (8, 8)] {
            let pools =
                format!("[runtime]\nworkers = {workers}\n[fetcher]\nactors = {fetchers}\n[parser]\nactors = {parsers}");
            let crawled = crawl(config(&pools), [root.clone()]);
            assert_eq!(crawled.urls(), tree(root.clone(), 4, 2), "{pools}");
            assert_eq!(crawled.records.len(), 21, "{pools}");
        }
    }
}

#[test]
fn offload_parsers_give_the_same_pages() {
    let site = Site::start();
    let root = site.url("/tree/4/2");
    for offload in ["inline_limit = 0\noffload_actors = 1", "inline_limit = 60\noffload_actors = 3"] {
        let crawled = crawl(config(&format!("[parser]\n{offload}")), [root.clone()]);
        assert_eq!((crawled.urls(), crawled.records.len()), (tree(root.clone(), 4, 2), 21), "{offload}");
    }
}
