//! What fails, and what goes on all the same. (Both equations of the books are asserted in every crawl, all the time.)

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
fn a_handler_that_panics_or_errs_costs_its_page_alone() {
    fn moody(page: &Page, out: &mut Output) -> HandlerResult {
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
    let crawled = crawl_with(config(""), seeds, |crawler| crawler.otherwise(moody));
    let paths = ["/2", "/3", "/found-on-a-rejected-page"];
    assert_eq!(crawled.urls(), paths.map(|path| site.url(path).to_string()).into());
    assert_eq!((crawled.report.balance.done, crawled.report.balance.rejected), (3, 2));
}

/// Panics once, when this many pages have been written; counts otherwise.
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
fn a_pipeline_that_is_rebuilt_loses_nothing_and_writes_nothing_twice() {
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
fn a_page_that_never_answers_is_given_up_and_holds_up_no_other() {
    let (mute, site) = (Site::start(), Site::on(2));
    let limits = "[retry]\ntimes = 1\n[fetcher.timeout]\nfirst_byte = \"300ms\"";
    let crawled = crawl(config(limits), [mute.url("/hang"), site.url("/tree/4/2")]);
    assert_eq!((crawled.report.balance.done, crawled.report.balance.rejected), (21, 1));
    assert_eq!(mute.visits_to("/hang").len(), 2);
}

#[test]
fn a_host_out_of_reach_is_parked() {
    // No other test has a site on this address, so nobody takes the port.
    let gone = Site::on(9);
    let nowhere = gone.url("/ok");
    drop(gone);
    let site = Site::on(2);
    let crawled = crawl(config(""), [nowhere, site.url("/ok")]);
    assert_eq!((crawled.report.balance.parked, crawled.report.balance.done), (1, 1));
}

#[test]
fn what_may_pass_is_tried_again_and_what_does_not_is_given_up() {
    let site = Site::start();
    for (path, asked, done) in [
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
        assert_eq!(crawled.report.stats.get("retry/count"), asked - 1, "{path}");
        // A reset connection is silently tried once more, so the host may see more requests than attempts.
        assert!(site.visits_to(path).len() as u64 >= asked, "{path}");
    }
}

#[test]
fn the_errback_gets_what_failed_for_good() {
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
