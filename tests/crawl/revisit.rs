//! Requests for known URLs, with and without validators.

use lycosa::{Crawler, HandlerResult, MemoryExporter, Output, Page, Request};
use serde_json::json;
use url::Url;

use crate::{
    harness::{Crawled, config, crawl_with},
    site::{Site, Visit},
};

const KEPT: &str = "[politeness]\nhost_concurrency = 1\n[fetcher]\nvalidators = \"1 MiB\"";

/// Emits one record per page. Pages with `again` in their meta request that URL again.
fn again(page: &Page, out: &mut Output) -> HandlerResult {
    let name = page.title().map_or_else(|| page.url().path().to_owned(), str::to_owned);
    out.record(json!({ "page": name, "status": page.status(), "body": page.body().len() }));
    if let Some(url) = page.meta()["again"].as_str() {
        let request = Request::get(url.parse::<Url>()?).revisit();
        out.request(if page.meta()["admits"] == true { request.admit_statuses(304..=304) } else { request });
    }
    Ok(())
}

/// Crawls `/versioned`, and then two pages that request it again, one after the other.
fn revisited(site: &Site, lines: &str, admits: bool) -> Crawled {
    let again_to = json!({ "again": site.url("/versioned"), "admits": admits });
    let pages = ["/a", "/b"].map(|path| Request::get(site.url(path)).meta(&again_to));
    let seeds = [Request::get(site.url("/versioned")).priority(9)].into_iter().chain(pages);
    crawl_with(config(lines), seeds, |crawler| crawler.otherwise(again))
}

fn conditions(visit: &Visit) -> Option<(&str, &str)> {
    Some((visit.header("if-none-match")?, visit.header("if-modified-since")?))
}

const VERSION: Option<(&str, &str)> = Some(("\"one\"", "Tue, 24 Nov 2026 12:00:00 GMT"));

#[test]
fn an_unchanged_page_is_not_handled_again() {
    let site = Site::start();
    let crawled = revisited(&site, KEPT, false);
    let visits = site.visits_to("/versioned");
    assert_eq!(visits.iter().map(conditions).collect::<Vec<_>>(), [None, VERSION, VERSION]);
    assert_eq!(crawled.fields("page"), ["/a", "/b", "versioned"]);
    assert_eq!((crawled.report.balance.not_modified, crawled.report.balance.done), (2, 3));
    assert_eq!(crawled.report.stats.get("downloader/response_status_count/304"), 2);
}

#[test]
fn a_request_that_admits_304_reaches_the_handler() {
    let site = Site::start();
    let crawled = revisited(&site, KEPT, true);
    assert_eq!(crawled.fields("status"), [200, 200, 200, 304, 304]);
    assert_eq!(crawled.fields("body").iter().filter(|length| **length == 0).count(), 2);
    assert_eq!(crawled.report.balance.not_modified, 0);
}

#[test]
fn without_validators_the_page_is_fetched_completely() {
    let site = Site::start();
    let crawled = revisited(&site, &KEPT.replace("1 MiB", "0 B"), false);
    assert_eq!(crawled.fields("page"), ["/a", "/b", "versioned", "versioned", "versioned"]);
    assert!(site.visits_to("/versioned").iter().all(|visit| conditions(visit).is_none()));
}

#[test]
fn a_revisit_seed_is_fetched_at_each_start_with_stored_validators() {
    let (site, folder, memory) = (Site::start(), tempfile::tempdir().unwrap(), MemoryExporter::default());
    let lines = format!("{KEPT}\n[store]\npath = {:?}", folder.path().join("state"));
    for _ in 0..3 {
        let seeds = [Request::get(site.url("/versioned")).revisit(), Request::get(site.url("/once"))];
        let crawler = Crawler::new(config(&lines)).otherwise(again).seeds(seeds).exporter("memory", memory.clone());
        actix_rt::System::new().block_on(crawler.run()).unwrap();
    }
    assert_eq!(site.visits_to("/versioned").iter().map(conditions).collect::<Vec<_>>(), [None, VERSION, VERSION]);
    assert_eq!((site.visits_to("/once").len(), memory.records().len()), (1, 2));
}

#[test]
fn conditions_of_the_request_itself_are_kept() {
    let site = Site::start();
    let own = Request::get(site.url("/versioned")).header("If-None-Match", "\"other\"").revisit().priority(-1);
    let seeds = [Request::get(site.url("/versioned")), own];
    crawl_with(config(KEPT), seeds, |crawler| crawler.otherwise(again));
    let visits = site.visits_to("/versioned");
    assert_eq!((visits[1].header("if-none-match"), visits[1].header("if-modified-since")), (Some("\"other\""), None));
}
