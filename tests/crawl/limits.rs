//! What limits a crawl, as the crawl itself says: four crawls, each held up in one place.

use std::{thread, time::Duration};

use lycosa::{
    Crawler, Durability, ExportError, Exporter, HandlerResult, Output, Page, Position, Record, Report, Request,
};
use serde_json::json;

use crate::{
    harness::{config, crawl_with},
    site::Site,
};

/// Crawls `pages` pages whose URL begins with `to`, and expects this to limit it.
fn expect_limit(limit: &str, toml: &str, pages: usize, to: &str, equip: impl FnOnce(Crawler) -> Crawler) {
    let site = Site::start();
    let seeds = (0..pages).map(|page| Request::get(site.url(&format!("{to}{page}"))));
    let crawled = crawl_with(config(toml), seeds, equip);
    assert_eq!(crawled.report.balance.done, pages as u64);
    let shares = crawled.report.bottlenecks;
    assert_eq!(shares.largest().map(|limit| limit.name()), Some(limit), "{shares}");
}

#[test]
fn a_delay_is_politeness() {
    expect_limit("politeness", "[politeness]\ndelay = \"1s\"", 3, "/ok/", |crawler| crawler);
}

#[test]
fn a_server_that_takes_its_time_is_the_network() {
    expect_limit("network", "[fetcher]\nconcurrency = 8", 40, "/slow?ms=300&page=", |crawler| crawler);
}

#[test]
fn a_handler_that_takes_its_time_is_the_parser() {
    fn busy(_: &Page, out: &mut Output) -> HandlerResult {
        thread::sleep(Duration::from_millis(5));
        out.record(json!(null));
        Ok(())
    }
    let one = "[runtime]\nworkers = 1\n[fetcher]\nconcurrency = 64\n[politeness]\nhost_concurrency = 64";
    expect_limit("parser", one, 300, "/ok/", |crawler| crawler.otherwise(busy));
}

/// Takes many times as long for a page as making it takes.
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
fn an_exporter_that_takes_its_time_is_the_sink() {
    // Records so large that the exporter's queue has room for few pages.
    fn large(_: &Page, out: &mut Output) -> HandlerResult {
        out.record(json!("x".repeat(1 << 20)));
        Ok(())
    }
    expect_limit("sink", "", 20, "/ok/", |crawler| crawler.otherwise(large).exporter("slow", Slow));
}

#[test]
fn pages_end_exactly_at_their_limit() {
    let site = Site::start();
    // Every third seed is a 404, which is no page.
    let path = |page| if page % 3 == 0 { format!("/status/404?{page}") } else { format!("/ok/{page}") };
    let seeds = (0..200).map(|page| Request::get(site.url(&path(page))));
    let crawled = crawl_with(config("[limits]\npages = 50"), seeds, |crawler| crawler);
    assert_eq!((crawled.report.balance.done, crawled.records.len()), (50, 50));
    assert_eq!(crawled.report.finish.name(), "limits.pages");
}

#[test]
fn bytes_end_within_a_page_of_their_limit() {
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

/// Crawls without records, so that nothing but the state says where it goes on.
fn crawl_in_state(toml: &str, seeds: [url::Url; 2]) -> Report {
    let run = Crawler::new(config(toml)).seeds(seeds.map(Request::get)).run();
    actix_rt::System::new().block_on(run).unwrap()
}

#[test]
fn a_host_that_has_had_its_part_is_parked_and_goes_on_when_it_may_have_more() {
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
    // A seed of few bytes, ten pages, and one or two more that were out when nobody knew how large pages are.
    let asked = small.page_arrivals().len();
    assert!((11..=13).contains(&asked), "{asked}");
    assert_eq!((run("100 kB").parked.len(), small.page_arrivals().len()), (1, asked), "it has had its part");
    assert_eq!((run("0 B").parked.len(), small.page_arrivals().len(), large.page_arrivals().len()), (0, 31, 20));
}
