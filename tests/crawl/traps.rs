//! Endless sites beside good ones.

use crate::{
    harness::{config, crawl, tree},
    site::Site,
};

/// Small limits, so that a trap ends soon.
const LIMITS: &str = r#"
[traps]
repeats = 2
path_depth = 8
sessions = 2
calendar = 12
combinations = 20
[scope]
host_pages = 60
[parser]
max_links = 100
"#;

#[test]
fn traps_are_limited_and_good_sites_complete() {
    let (good, trap) = (Site::start(), Site::start());
    let kinds = [("calendar", 13), ("session", 7), ("deep", 16), ("grow", 8), ("query", 21)];
    let seeds = kinds.iter().map(|(kind, _)| trap.url(&format!("/trap/{kind}"))).chain([good.url("/tree/3/3")]);
    let crawled = crawl(config(&LIMITS.replace("host_pages = 60", "")), seeds.collect::<Vec<_>>());
    for (kind, most) in kinds {
        let visits = trap.visits_to(&format!("/trap/{kind}")).len();
        assert!((2..=most).contains(&visits), "{kind}: {visits}");
    }
    for name in ["repeats", "path_depth", "calendar", "combinations"] {
        assert!(crawled.report.stats.get(&format!("refused/trap_{name}")) > 0, "{name}: {}", crawled.report.stats);
    }
    assert!(crawled.urls().is_superset(&tree(good.url("/tree/3/3"), 3, 3)));
}

#[test]
fn host_pages_limits_traps_without_a_pattern() {
    let (good, trap) = (Site::start(), Site::start());
    let crawled = crawl(config(LIMITS), [trap.url("/trap/wide"), good.url("/tree/3/3")]);
    assert_eq!(trap.visits_to("/trap/wide").len(), 60);
    assert!(crawled.report.stats.get("refused/host_pages") > 0 && crawled.report.stats.get("refused/max_links") > 0);
    assert!(crawled.urls().is_superset(&tree(good.url("/tree/3/3"), 3, 3)));
}
