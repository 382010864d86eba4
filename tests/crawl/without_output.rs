//! Library crawls whose records have no output.

use std::{fs, process::Command};

use lycosa::{Crawler, HandlerResult, Output, Page, Request};
use serde_json::json;

use crate::{harness::config, process::examples, site::Site};

/// Runs a program that has no logger. Returns its standard output and standard error.
fn run(site: &Site, sink: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let seed = site.url("/links?n=3&to=/page/");
    let toml = format!("[crawl]\nseeds = [\"{seed}\"]\n[politeness]\ndelay = 0\n[store]\ntype = \"memory\"\n{sink}");
    fs::write(folder.path().join("crawl.toml"), toml).unwrap();
    let mut command = Command::new(examples().join("aborts"));
    let output = command.args(["crawl.toml", "/none"]).current_dir(folder.path()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{stderr}");
    (stdout, stderr)
}

#[test]
fn records_do_not_vanish_silently() {
    let site = Site::start();
    let (report, warnings) = run(&site, "");
    assert!(report.contains("item_dropped_count: 4\n"), "{report}");
    let [first, second] = warnings.lines().collect::<Vec<_>>()[..] else { panic!("{warnings}") };
    assert!(first.contains("no output") && first.contains("Crawler::discard_records"), "{warnings}");
    assert!(second.contains("4 records were discarded"), "{warnings}");

    let (report, warnings) = run(&site, "[[sink]]\ntype = \"jsonl\"\npath = \"out.jsonl\"\nlabel = \"other\"");
    assert!(report.contains("item_dropped_count: 4\n"), "{report}");
    assert!(!warnings.contains("no output,") && warnings.contains("4 records were discarded"), "{warnings}");

    let (report, warnings) = run(&site, "[[sink]]\ntype = \"jsonl\"\npath = \"out.jsonl\"");
    assert!(!report.contains("item_dropped_count") && report.contains("item_scraped_count: 4\n"), "{report}");
    assert_eq!(warnings, "");
}

#[test]
fn handlers_may_work_by_side_effects_alone() {
    fn page(_: &Page, out: &mut Output) -> HandlerResult {
        out.record(json!(null));
        Ok(())
    }
    let site = Site::start();
    let crawler = Crawler::new(config("")).otherwise(page).seeds([Request::get(site.url("/page/a"))]);
    let report = actix_rt::System::new().block_on(crawler.discard_records().run()).unwrap();
    assert_eq!((report.pages(), report.stats.get("item_dropped_count")), (1, 1));
}
