//! How the binary ends: after one signal, after two, and by itself.

use std::{
    collections::BTreeSet,
    process::Child,
    thread,
    time::{Duration, Instant},
};

use lycosa::{Crawler, Durability, ExportError, Exporter, Finish, MemoryExporter, Position, Record, Request};

use crate::{
    harness::config,
    process::{crawl, end_of, log, records, signal, wait_for},
    site::Site,
};

fn terminate(crawler: &Child) {
    assert!(signal(crawler, "TERM"), "the crawler ended before the signal");
}

#[test]
fn a_signal_lets_requests_in_flight_finish() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let crawler = crawl(&site, "/links?n=500&to=/slow%3Fms=100%26page=", folder.path(), &[]);
    wait_for("the crawl", || (site.page_arrivals().len() > 20).then_some(()));
    terminate(&crawler);
    assert_eq!(end_of(crawler).code(), Some(11));

    // Every page that was requested is in the output: none was lost, and none came twice.
    let records = records(folder.path());
    let urls: BTreeSet<_> = records.iter().map(|record| record["url"].as_str().unwrap()).collect();
    assert_eq!((urls.len(), records.len()), (records.len(), site.page_arrivals().len()));
    assert!(records.len() < 501);
}

#[test]
fn a_second_signal_ends_at_once() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let mut crawler = crawl(&site, "/links?n=50&to=/slow%3Fms=60000%26page=", folder.path(), &[]);
    wait_for("the crawl", || (site.page_arrivals().len() > 4).then_some(()));
    let start = Instant::now();
    terminate(&crawler);
    // The system may merge two signals that arrive together, so the second one is repeated until the process ends.
    let status = wait_for("the end", || {
        thread::sleep(Duration::from_millis(200));
        let ended = crawler.try_wait().unwrap();
        if ended.is_none() {
            terminate(&crawler);
        }
        ended
    });
    assert_eq!(status.code(), Some(13));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(records(folder.path()).len() <= 1);
}

#[test]
fn the_exit_code_names_the_limit() {
    let site = Site::start();
    let (tree, slow) = ("/tree/3/2", "/links?n=500&to=/slow%3Fms=100%26page=");
    for (path, more, code) in [
        (tree, &[][..], 0),
        (tree, &["--set", "limits.pages=5"], 14),
        (tree, &["--set", "limits.records=5"], 14),
        (slow, &["--set", "limits.time=1s"], 15),
    ] {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(end_of(crawl(&site, path, folder.path(), more)).code(), Some(code), "{more:?}");
        assert!(!records(folder.path()).is_empty(), "{more:?}");
    }
}

/// Writes to memory until the output has this number of records.
struct Breaks {
    memory: MemoryExporter,
    left: usize,
}

impl Exporter for Breaks {
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError> {
        self.left = self.left.checked_sub(records.len()).ok_or("the line is dead")?;
        self.memory.write(records)
    }

    fn flush(&mut self, durability: Durability) -> Result<Position, ExportError> {
        self.memory.flush(durability)
    }

    fn recover(&mut self, position: Option<&Position>) -> Result<(), ExportError> {
        self.memory.recover(position)
    }
}

#[test]
fn a_full_output_at_the_end_is_reported() {
    for (more, code) in [(&["--set", "limits.pages=5"][..], 3), (&["--set", "limits.time=1s"], 3)] {
        let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink("/dev/full", folder.path().join("full.jsonl")).unwrap();
        let usual = ["-o", "full.jsonl", "--set", "scheduler.drain=200ms", "-q"];
        let crawler = crawl(&site, "/links?n=100&to=/page/", folder.path(), &[&usual[..], more].concat());
        assert_eq!(end_of(crawler).code(), Some(code), "{}", log(folder.path()));
        let log = log(folder.path());
        let last = log.lines().last().unwrap();
        let count: usize = last.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(count > 0 && last.contains("records not written to `full.jsonl`: "), "{log}");
    }
}

#[test]
fn a_broken_output_at_the_end_is_not_a_clean_drain() {
    let site = Site::start();
    for (left, unwritten) in [(0, 5), (3, 2)] {
        let output = Breaks { memory: MemoryExporter::default(), left };
        let lines = "[limits]\npages = 5\n[scheduler]\ndrain = \"200ms\"";
        let crawler = Crawler::new(config(lines)).seeds([Request::get(site.url("/links?n=20&to=/page/"))]);
        let report = actix_rt::System::new().block_on(crawler.exporter("broken", output).run()).unwrap();
        assert_eq!(report.finish, Finish::Interrupted);
        let [broken] = &report.unwritten[..] else { panic!("{report}") };
        assert_eq!((broken.output.as_str(), broken.error.as_str()), ("broken", "the line is dead"));
        assert!(broken.records >= unwritten, "{broken}");
    }
}

#[test]
fn a_crawl_that_reaches_its_memory_limit_can_be_resumed() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let run = |limit: &str| {
        let setting = format!("limits.memory={limit}");
        let arguments = ["--state", "state", "--set", &setting];
        end_of(crawl(&site, "/links?n=300&to=/slow%3Fms=2%26page=", folder.path(), &arguments)).code()
    };
    assert_eq!(run("1 MiB"), Some(17), "{}", log(folder.path()));
    assert!(log(folder.path()).contains("memory limit reached (limits.memory)"));
    assert_eq!(run("auto"), Some(0), "{}", log(folder.path()));
    assert_eq!(records(folder.path()).len(), 301);
}
