//! Failures, and what must continue in spite of them. (Every crawl checks the URL counters all the time.)

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use lycosa::{Durability, ExportError, Exporter, Failure, HandlerResult, Output, Page, Position, Record, Request};
use serde_json::{Value, json};

use crate::{
    harness::{config, crawl, crawl_with},
    site::Site,
};

#[test]
fn a_failing_handler_only_rejects_its_page() {
    fn unreliable(page: &Page, out: &mut Output) -> HandlerResult {
        out.record(json!({ "url": page.url().as_str() }));
        out.follow(page.url().join("/found-on-a-rejected-page").ok());
        match page.url().path() {
            "/0" => panic!("this handler panics on this page"),
            "/1" => Err("this handler wants no such page".into()),
            _ => Ok(()),
        }
    }
    let site = Site::start();
    let seeds = (0..4).map(|page| Request::get(site.url(&format!("/{page}"))));
    let crawled = crawl_with(config(""), seeds, |crawler| crawler.otherwise(unreliable));
    let paths = ["/2", "/3", "/found-on-a-rejected-page"];
    assert_eq!(crawled.urls(), paths.map(|path| site.url(path).to_string()).into());
    assert_eq!((crawled.report.balance.done, crawled.report.balance.rejected), (3, 2));
}

/// Counts pages, and panics once when this many have been written.
struct PanicsOnce {
    pages: u64,
    panicked: Arc<AtomicBool>,
}

impl Exporter for PanicsOnce {
    fn write(&mut self, _: &[Record]) -> Result<(), ExportError> {
        self.pages += 1;
        assert!(self.pages < 150 || self.panicked.swap(true, Ordering::SeqCst), "this exporter panics once");
        Ok(())
    }

    fn flush(&mut self, _: Durability) -> Result<Position, ExportError> {
        Ok(Position(self.pages.to_be_bytes().to_vec().into()))
    }

    fn recover(&mut self, position: Option<&Position>) -> Result<(), ExportError> {
        self.pages =
            position.map(|position| position.0[..].try_into().map(u64::from_be_bytes)).transpose()?.unwrap_or(0);
        Ok(())
    }
}

#[test]
fn a_rebuilt_pipeline_loses_and_repeats_nothing() {
    let site = Site::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.jsonl");
    let sink =
        format!("[[sink]]\ntype = \"jsonl\"\npath = \"{}\"\n[store]\ncommit_interval = \"20ms\"", file.display());
    let panicked = Arc::new(AtomicBool::new(false));
    let exporter = PanicsOnce { pages: 0, panicked: panicked.clone() };
    let seed = Request::get(site.url("/links?n=299&to=/slow%3Fms=2%26page="));
    let crawled = crawl_with(config(&sink), [seed], |crawler| crawler.exporter("panics", exporter));

    assert!(panicked.load(Ordering::SeqCst));
    assert_eq!(crawled.report.rebuilds, 1);
    let lines = json_lines(&file);
    let urls: BTreeSet<_> = lines.iter().map(|line| line["url"].as_str().unwrap().to_owned()).collect();
    assert_eq!((lines.len(), urls.len(), crawled.records.len()), (300, 300, 300));
    assert_eq!(crawled.report.balance.done, 300);
}

fn json_lines(file: &Path) -> Vec<Value> {
    std::fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_page_without_response_is_given_up_and_delays_no_other() {
    let (mute, site) = (Site::start(), Site::on(2));
    let limits = "[retry]\ntimes = 1\n[fetcher.timeout]\nfirst_byte = \"300ms\"";
    let crawled = crawl(config(limits), [mute.url("/hang"), site.url("/tree/4/2")]);
    assert_eq!((crawled.report.balance.done, crawled.report.balance.rejected), (21, 1));
    assert_eq!(mute.visits_to("/hang").len(), 2);
}

#[test]
fn an_unreachable_host_is_parked() {
    // No other test uses this address, so no site takes the port.
    let gone = Site::on(9);
    let nowhere = gone.url("/ok");
    drop(gone);
    let site = Site::on(2);
    let crawled = crawl(config(""), [nowhere, site.url("/ok")]);
    assert_eq!((crawled.report.balance.parked, crawled.report.balance.done), (1, 1));
}

#[test]
fn temporary_failures_are_retried_and_then_given_up() {
    let site = Site::start();
    for (path, attempts, done) in [
        ("/flaky?fails=2", 3, 1),
        ("/flaky?fails=9", 4, 0),
        ("/truncated", 4, 0),
        ("/reset", 4, 0),
        ("/status/404", 1, 0),
        ("/status/203", 1, 1),
    ] {
        let crawled = crawl(config(""), [site.url(path)]);
        let balance = crawled.report.balance;
        assert_eq!((balance.done, balance.rejected), (done, 1 - done), "{path}");
        assert_eq!(crawled.report.stats.get("retry/count"), attempts - 1, "{path}");
        // A request on a reset connection is sent again without counting, so the host may see more requests than attempts.
        assert!(site.visits_to(path).len() as u64 >= attempts, "{path}");
    }
}

#[test]
fn the_error_handler_gets_final_failures() {
    fn failed(failure: &Failure, out: &mut Output) -> HandlerResult {
        out.record(json!({ "failed": failure.request().url().path(), "error": failure.error().to_string() }));
        Ok(())
    }
    let site = Site::start();
    let seeds = ["/flaky?fails=1", "/flaky?fails=9"].map(|path| Request::get(site.url(path)));
    let crawled = crawl_with(config("[retry]\ntimes = 2"), seeds, |crawler| crawler.on_error(failed));
    let errors: Vec<_> = crawled.fields("error").into_iter().filter(Value::is_string).collect();
    assert_eq!((crawled.records.len(), errors), (2, vec![json!("status 503")]));
    assert_eq!((crawled.report.balance.done, crawled.report.balance.rejected), (1, 1));
}

#[test]
fn a_body_over_the_limit_is_rejected_or_cut() {
    let site = Site::start();
    let seed = || [site.url("/big?bytes=100000")];
    let rejected = crawl(config("[fetcher]\nmax_body = \"64 KiB\""), seed());
    assert_eq!((rejected.report.balance.rejected, rejected.records.len()), (1, 0));
    let cut = crawl(config("[fetcher]\nmax_body = \"64 KiB\"\nover_limit = \"truncate\""), seed());
    assert_eq!((cut.report.balance.done, cut.records.len()), (1, 1));
}
