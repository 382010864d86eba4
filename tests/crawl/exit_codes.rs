//! Exit codes, and the seeds that failed.

use std::{fmt::Write as _, fs, net::TcpListener, path::Path, process::Command};

use crate::site::{Options, Robots, Site};

/// Crawls these seeds quietly. Returns the exit code and the log.
fn crawl(folder: &Path, seeds: &[&str], more: &[&str]) -> (Option<i32>, String) {
    let usual =
        ["crawl", "-q", "-o", "out.jsonl", "--delay", "0s", "--set", "retry.base=10ms", "--set", "retry.times=1"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    let output = command.args(usual).args(seeds).args(more).current_dir(folder).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Returns the URL of a port that refuses connections.
fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

#[test]
fn a_run_without_a_page_ends_with_10() {
    let robots = Robots { status: 200, rules: "User-agent: *\nDisallow: /private", ..Robots::default() };
    let site = Site::with(Options { robots, ..Options::default() });
    let no_robots = Site::with(Options { robots: Robots { status: 503, ..Robots::default() }, ..Options::default() });
    let url = |path: &str| site.url(path).to_string();
    for (seed, more, cause) in [
        (closed(), &[][..], "its robots.txt is unreachable"),
        (closed(), &["--no-robots"], "gave up"),
        (url("/status/404"), &[], "status 404"),
        (url("/status/503"), &[], "gave up"),
        (url("/private/x"), &[], "forbidden by robots.txt"),
        (url("/page/a"), &["--set", "scope.max_url=10"], "refused: length"),
        (no_robots.url("/").to_string(), &[], "its robots.txt is unreachable"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (code, log) = crawl(folder.path(), &[&seed], more);
        assert_eq!(code, Some(10), "{seed} {more:?}: {log}");
        assert!(log.contains("seed failed") && log.contains(&seed) && log.contains(cause), "{seed}: {log}");
        assert!(log.contains("no page was fetched"), "{seed}: {log}");
        // Limits go before it.
        if cause == "gave up" {
            let (code, log) = crawl(folder.path(), &[&seed], &[more, &["--set", "limits.errors=1"]].concat());
            assert_eq!(code, Some(12), "{seed}: {log}");
        }
    }
}

#[test]
fn a_run_with_a_page_or_without_work_ends_with_0() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let (good, bad) = (site.url("/page/a").to_string(), site.url("/status/404").to_string());
    let (code, log) = crawl(folder.path(), &[&good, &bad], &[]);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains(&bad) && !log.contains(&good) && !log.contains("no page"), "{log}");

    let state = ["--state", "state"];
    assert_eq!(crawl(folder.path(), &[&bad], &state).0, Some(10));
    let (code, log) = crawl(folder.path(), &[&bad], &state);
    assert_eq!((code, log.as_str()), (Some(0), ""), "nothing is left to do");
    // A new page, and another seed that fails, in the same crawl.
    assert_eq!(crawl(folder.path(), &[&bad, &good], &state).0, Some(0));
    let other = site.url("/status/410").to_string();
    let (code, log) = crawl(folder.path(), &[&bad, &good, &other], &state);
    assert_eq!(code, Some(10), "{log}");
    // The seed of an unreachable host is left for each later run.
    let closed = closed();
    for _ in 0..2 {
        let (code, log) = crawl(folder.path(), &[&closed], &["--state", "parked"]);
        assert_eq!(code, Some(10), "{log}");
        assert_eq!(log.matches("seed failed").count(), 1, "{log}");
    }
}

#[test]
fn at_most_20_failed_seeds_are_named() {
    let site = Site::start();
    for host in [site.url("/status/404?").to_string(), closed() + "?", closed().replace("127.0.0.1", "127.0.0.NUMBER")]
    {
        let folder = tempfile::tempdir().unwrap();
        let mut list = String::new();
        for number in 1..58 {
            writeln!(list, "{}{number}", host.replace("NUMBER", &number.to_string())).unwrap();
        }
        fs::write(folder.path().join("list"), list).unwrap();
        let more = ["--set", "crawl.seed_files=[\"list\"]", "--set", "fetcher.ports=[]"];
        let (code, log) = crawl(folder.path(), &[], &more);
        assert_eq!(code, Some(10), "{log}");
        assert_eq!(log.matches("seed failed").count(), 20, "{log}");
        assert!(log.contains("and 37 more seeds failed"), "{log}");
    }
}
