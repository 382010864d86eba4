//! Seeds from a pipe that stays open.

use std::{
    fs::{self, File},
    io::Write,
    process::{Command, Stdio},
};

use crate::{
    process::{end_of, log, signal, wait_for},
    site::Site,
};

const PAGES: usize = 60;

#[test]
fn an_open_pipe_delays_nothing() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let start = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
        let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
        // Loopback is allowed only for seeds of the same start, and the second start has none.
        let usual = ["crawl", "--state", "state", "-o", "out.jsonl", "--delay", "0s", "--allow-private"];
        command
            .args(usual)
            .args(["--set", "crawl.seed_files=[\"-\"]"])
            .args(more)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap()
    };
    let seed = |crawler: &mut std::process::Child, path: &str| {
        let pipe = crawler.stdin.as_mut().unwrap();
        writeln!(pipe, "{}", site.url(path)).unwrap();
    };
    // One line is one seed, without waiting for more.
    let mut crawler = start(&["--set", "limits.pages=20"]);
    seed(&mut crawler, &format!("/links?n={PAGES}&to=/page/"));
    assert_eq!(end_of(crawler).code(), Some(14), "{}", log(folder.path()));

    // Queued URLs are fetched, later seeds are accepted, and a signal is handled.
    let mut crawler = start(&[]);
    let lines = || fs::read(folder.path().join("out.jsonl")).unwrap().iter().filter(|byte| **byte == b'\n').count();
    wait_for("the rest", || (lines() == PAGES + 1).then_some(()));
    seed(&mut crawler, "/page/of-its-own");
    wait_for("the late one", || (lines() == PAGES + 2).then_some(()));
    assert!(signal(&crawler, "TERM"));
    let _pipe = crawler.stdin.take();
    assert_eq!(end_of(crawler).code(), Some(11), "{}", log(folder.path()));
}
