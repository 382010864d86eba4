//! What limits a crawl, as the crawl itself says: four crawls, each held up in one place.

use std::{thread, time::Duration};

use lycosa::{Durability, ExportError, Exporter, HandlerResult, Output, Page, Position, Record, Request};
use serde_json::json;

use crate::{
    harness::{Crawled, config, crawl_with},
    site::Site,
};

/// Crawls `pages` pages whose URL begins with `to`.
fn usual_limit(
    toml: &str,
    pages: usize,
    to: &str,
    equip: impl FnOnce(lycosa::Crawler) -> lycosa::Crawler,
) -> (String, Crawled) {
    let site = Site::start();
    let seeds = (0..pages).map(|page| Request::get(site.url(&format!("{to}{page}"))));
    let crawled = crawl_with(config(toml), seeds, equip);
    assert_eq!(crawled.report.balance.done, pages as u64);
    (crawled.usual_limit().to_owned(), crawled)
}

#[test]
fn a_delay_is_politeness() {
    let (limit, crawled) = usual_limit("[politeness]\ndelay = \"1s\"", 3, "/ok/", |crawler| crawler);
    assert_eq!(limit, "politeness", "{:?}", crawled.moments);
}

#[test]
fn a_server_that_takes_its_time_is_the_network() {
    let (limit, crawled) = usual_limit("[fetcher]\nconcurrency = 8", 40, "/slow?ms=300&page=", |crawler| crawler);
    assert_eq!(limit, "network", "{:?}", crawled.moments);
}

#[test]
fn a_handler_that_takes_its_time_is_the_parser() {
    fn busy(_: &Page, out: &mut Output) -> HandlerResult {
        thread::sleep(Duration::from_millis(5));
        out.record(json!(null));
        Ok(())
    }
    let one = "[runtime]\nworkers = 1\n[fetcher]\nconcurrency = 64\n[politeness]\nhost_concurrency = 64";
    let (limit, crawled) = usual_limit(one, 300, "/ok/", |crawler| crawler.otherwise(busy));
    assert_eq!(limit, "parser", "{:?}", crawled.moments);
}

/// Takes forty milliseconds a page.
struct Slow;

impl Exporter for Slow {
    fn write(&mut self, _: &[Record]) -> Result<(), ExportError> {
        thread::sleep(Duration::from_millis(40));
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
    let (limit, crawled) = usual_limit("", 40, "/ok/", |crawler| crawler.otherwise(large).exporter("slow", Slow));
    assert_eq!(limit, "sink", "{:?}", crawled.moments);
}
