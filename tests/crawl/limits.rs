//! Bottlenecks that a crawl reports, and limits that end it.

use std::{collections::BTreeSet, thread, time::Duration};

use lycosa::{
    Crawler, Durability, ExportError, Exporter, HandlerResult, Output, Page, Position, Record, Report, Request,
};
use serde_json::json;

use crate::{
    harness::{config, crawl_with},
    process::{self, wait_for},
    site::Site,
};

/// Crawls `pages` pages whose URLs start with `to`, and expects this bottleneck.
fn expect_limit(limit: &str, toml: &str, pages: usize, to: &str, equip: impl FnOnce(Crawler) -> Crawler) {
    let site = Site::start();
    let seeds = (0..pages).map(|page| Request::get(site.url(&format!("{to}{page}"))));
    let crawled = crawl_with(config(toml), seeds, equip);
    assert_eq!(crawled.report.balance.done, pages as u64);
    let shares = crawled.report.bottlenecks;
    assert_eq!(shares.largest().map(|limit| limit.name()), Some(limit), "{shares}");
}

#[test]
fn a_delay_limits_by_politeness() {
    expect_limit("politeness", "[politeness]\ndelay = \"1s\"", 3, "/ok/", |crawler| crawler);
}

#[test]
fn a_slow_server_limits_by_network() {
    expect_limit("network", "[fetcher]\nconcurrency = 8", 40, "/slow?ms=300&page=", |crawler| crawler);
}

#[test]
fn a_slow_handler_limits_by_parser() {
    fn busy(_: &Page, out: &mut Output) -> HandlerResult {
        thread::sleep(Duration::from_millis(5));
        out.record(json!(null));
        Ok(())
    }
    let one = "[runtime]\nworkers = 1\n[fetcher]\nconcurrency = 64\n[politeness]\nhost_concurrency = 64";
    expect_limit("parser", one, 300, "/ok/", |crawler| crawler.otherwise(busy));
}

/// Exporter that takes many times as long for a page as the crawler.
struct Slow;

impl Exporter for Slow {
    fn write(&mut self, _: &[Record]) -> Result<(), ExportError> {
        thread::sleep(Duration::from_millis(400));
        Ok(())
    }

    fn flush(&mut self, _: Durability) -> Result<Position, ExportError> {
        Ok(Position::default())
    }

    fn recover(&mut self, _: Option<&Position>) -> Result<(), ExportError> {
        Ok(())
    }
}

#[test]
fn a_slow_exporter_limits_by_sink() {
    // The records are so large that the exporter's queue holds only a few pages.
    fn large(_: &Page, out: &mut Output) -> HandlerResult {
        out.record(json!("x".repeat(1 << 20)));
        Ok(())
    }
    expect_limit("sink", "", 20, "/ok/", |crawler| crawler.otherwise(large).exporter("slow", Slow));
}

#[test]
fn the_limit_of_pages_is_met_exactly() {
    let site = Site::start();
    // Every third seed is a 404, which does not count as a page.
    let path = |page| if page % 3 == 0 { format!("/status/404?{page}") } else { format!("/ok/{page}") };
    let seeds = (0..200).map(|page| Request::get(site.url(&path(page))));
    let crawled = crawl_with(config("[limits]\npages = 50"), seeds, |crawler| crawler);
    assert_eq!((crawled.report.balance.done, crawled.records.len()), (50, 50));
    assert_eq!(crawled.report.finish.name(), "limits.pages");
}

#[test]
fn the_limit_of_bytes_is_met_up_to_one_page() {
    let site = Site::start();
    let seeds = (0..200).map(|page| Request::get(site.url(&format!("/big?bytes=10000&page={page}"))));
    let crawled =
        crawl_with(config("[limits]\nbytes = \"500 kB\"\n[politeness]\nhost_concurrency = 4"), seeds, |crawler| {
            crawler
        });
    let bytes = crawled.report.stats.get("downloader/response_bytes");
    assert!((500_000..=510_000 + 4 * 10_000).contains(&bytes), "{bytes}");
    assert_eq!(crawled.report.finish.name(), "limits.bytes");
}

/// Emits five records per page.
fn five(page: &Page, out: &mut Output) -> HandlerResult {
    (0..5).for_each(|number| out.record(json!({ "url": page.url().as_str(), "number": number })));
    Ok(())
}

#[test]
fn the_limit_of_records_is_met_exactly() {
    let site = Site::start();
    for (limit, pages) in [(1, 1), (5, 1), (12, 3), (73, 15), (1000, 40)] {
        let seeds = (0..40).map(|page| Request::get(site.url(&format!("/ok/{page}"))));
        let toml = format!("[limits]\nrecords = {limit}\n[politeness]\nhost_concurrency = 40");
        let crawled = crawl_with(config(&toml), seeds, |crawler| crawler.otherwise(five));
        let report = crawled.report;
        assert_eq!(crawled.records.len(), limit.min(200), "{report}");
        assert_eq!(report.stats.get("item_scraped_count"), limit.min(200) as u64);
        assert_eq!((report.balance.done, report.balance.queued), (pages, 40 - pages), "{report}");
        assert_eq!(report.finish.name(), if limit == 1000 { "finished" } else { "limits.records" });
    }
}

#[test]
fn a_higher_limit_of_records_continues_after_a_kill() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let folder = folder.path();
    let run = |records: usize| {
        let limit = format!("limits.records={records}");
        process::crawl(&site, "/links?n=60&to=/slow%3Fms=20%26page=", folder, &["--state", "state", "--set", &limit])
    };
    for (limit, kills) in [(7, 2), (30, 3), (0, 0)] {
        for kill in 0..kills {
            let crawler = run(limit);
            let before = site.page_arrivals().len();
            wait_for("a few pages", || (site.page_arrivals().len() > before + kill).then_some(()));
            process::signal(&crawler, "KILL");
            process::end_of(crawler);
        }
        let code = process::end_of(run(limit)).code();
        let count = if limit == 0 { 61 } else { limit };
        assert_eq!((code, process::records(folder).len()), (Some(if limit == 0 { 0 } else { 14 }), count));
    }
    let urls: BTreeSet<_> = process::records(folder).iter().map(|record| record["url"].to_string()).collect();
    assert_eq!(urls.len(), 61, "each page has one record");
}

#[test]
fn failed_attempts_end_a_crawl() {
    let site = Site::start();
    // A status that is retried, and a host that refuses connections, also for its robots.txt.
    for (seeds, errors) in [
        (vec![site.url("/status/503?1"), site.url("/status/503?2")], 3),
        (vec!["http://127.0.0.1:9/".parse().unwrap(), "http://127.0.0.1:9/a".parse().unwrap()], 2),
    ] {
        let toml = format!("[limits]\nerrors = {errors}\n[politeness]\nhost_concurrency = 1");
        let crawled = crawl_with(config(&toml), seeds.into_iter().map(Request::get), |crawler| crawler);
        let report = crawled.report;
        assert_eq!((report.finish.name(), report.stats.get("downloader/exception_count")), ("limits.errors", errors));
    }
    // A page that is not there is not a failed attempt.
    let toml = "[limits]\nerrors = 1";
    let crawled = crawl_with(config(toml), [Request::get(site.url("/status/404"))], |crawler| crawler);
    assert_eq!(crawled.report.finish.name(), "finished");
}

/// Crawls without records, so that only the state tells where to resume.
fn crawl_in_state(toml: &str, seeds: [url::Url; 2]) -> Report {
    let run = Crawler::new(config(toml)).seeds(seeds.map(Request::get)).run();
    actix_rt::System::new().block_on(run).unwrap()
}

#[test]
fn a_host_above_its_quota_is_parked_until_it_is_raised() {
    let (small, large, folder) = (Site::start(), Site::on(2), tempfile::tempdir().unwrap());
    let path = "/links?n=30&to=/big?bytes=10000%26page=";
    let run = |bytes: &str| {
        let state = folder.path().join("state").display().to_string();
        let toml = format!(
            "[store]\npath = \"{state}\"\n[scope]\nhost_bytes = \"{bytes}\"\n[politeness]\nhost_concurrency = 2\n\
             [[host]]\nmatch = \"127.0.0.2\"\nhost_bytes = 0\nhost_pages = 20\n"
        );
        crawl_in_state(&toml, [small.url(path), large.url(path)])
    };
    let first = run("100 kB");
    let parked: Vec<_> = first.parked.iter().map(|parked| parked.reason).collect();
    assert_eq!((parked, large.page_arrivals().len()), (vec!["quota"], 20));
    // A small seed, ten pages, and one or two pages that were in flight before the size of pages was known.
    let pages = small.page_arrivals().len();
    assert!((11..=13).contains(&pages), "{pages}");
    assert_eq!((run("100 kB").parked.len(), small.page_arrivals().len()), (1, pages), "its quota is used up");
    assert_eq!((run("0 B").parked.len(), small.page_arrivals().len(), large.page_arrivals().len()), (0, 31, 20));
}
