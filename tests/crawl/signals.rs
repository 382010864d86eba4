//! Signals of an operator, a log that is not read, and a pipe without a reader.

use std::{
    fs::File,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    process::{crawl, end_of, log, records, signal, wait_for},
    site::Site,
};

#[test]
fn signals_of_an_operator_are_logged_and_kill_nothing() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let crawler = crawl(&site, "/links?n=200&to=/slow%3Fms=50%26page=", folder.path(), &[]);
    // Also before the crawl has started.
    for name in ["HUP", "USR1", "USR2"] {
        wait_for("the process", || (!log(folder.path()).is_empty()).then_some(()));
        assert!(signal(&crawler, name));
    }
    wait_for("the crawl", || (site.page_arrivals().len() > 20).then_some(()));
    for name in ["HUP", "USR1", "USR2"] {
        assert!(signal(&crawler, name));
        wait_for("its line", || log(folder.path()).contains(&format!("signal=SIG{name}")).then_some(()));
    }
    assert_eq!(end_of(crawler).code(), Some(0));
    assert_eq!(records(folder.path()).len(), 201);
}

/// Starts a crawl whose log goes into a pipe.
fn with_log_pipe(site: &Site, folder: &std::path::Path, path: &str, more: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    let usual = ["crawl", "-vv", "-o", "out.jsonl", "--delay", "0s", "--host-concurrency", "16"];
    command.args(usual).arg(site.url(path).as_str()).args(more).current_dir(folder);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_log_that_nobody_reads_holds_up_nothing() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let mut crawler = with_log_pipe(&site, folder.path(), "/links?n=2000&to=/page/", &[]);
    let unread = crawler.stderr.take();
    assert_eq!(end_of(crawler).code(), Some(0));
    assert_eq!(records(folder.path()).len(), 2001);
    drop(unread);

    // A stop does not wait for the log either, not even at the end of the last line.
    let mut crawler = with_log_pipe(&site, folder.path(), "/links?n=3000&to=/slow%3Fms=10%26page=", &[]);
    let unread = crawler.stderr.take();
    wait_for("the crawl", || (site.page_arrivals().len() > 2500).then_some(()));
    let start = Instant::now();
    assert!(signal(&crawler, "TERM"));
    assert_eq!(end_of(crawler).code(), Some(11));
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    drop(unread);
}

#[test]
fn a_closed_log_is_no_error() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let mut crawler = with_log_pipe(&site, folder.path(), "/links?n=100&to=/page/", &[]);
    drop(crawler.stderr.take());
    assert_eq!(end_of(crawler).code(), Some(0));
    assert_eq!(records(folder.path()).len(), 101);
}

#[test]
fn every_line_of_a_log_that_is_read_is_there() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let crawler = crawl(&site, "/links?n=300&to=/page/", folder.path(), &["-v"]);
    assert_eq!(end_of(crawler).code(), Some(0));
    let log = log(folder.path());
    assert_eq!(log.matches("page parsed").count(), 301);
    assert!(log.contains("finish_reason: finished") && !log.contains("log lines dropped"), "{log}");
}

#[test]
fn a_pipe_without_a_reader_ends_at_the_second_signal() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let made = Command::new("mkfifo").arg(folder.path().join("pipe.jsonl")).status().unwrap();
    assert!(made.success());
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    let usual = ["crawl", "-o", "pipe.jsonl", site.url("/page/1").as_str()].map(str::to_owned);
    let stderr = File::create(folder.path().join("log")).unwrap();
    let mut crawler = command.args(usual).current_dir(folder.path()).stderr(stderr).spawn().unwrap();
    wait_for("its line", || log(folder.path()).contains("waits for its reader").then_some(()));
    assert!(signal(&crawler, "TERM"));
    wait_for("the first signal", || log(folder.path()).contains("signal=SIGTERM").then_some(()));
    assert_eq!(crawler.try_wait().unwrap(), None);
    assert!(signal(&crawler, "TERM"));
    assert_eq!(end_of(crawler).code(), Some(13), "{}", log(folder.path()));
}
