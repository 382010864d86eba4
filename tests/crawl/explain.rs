//! One crawl in which URLs end in every way; `lycosa explain` names the status and cause of each.

use std::{path::Path, process::Command};

use crate::{
    process::{crawl, end_of, signal, wait_for},
    site::{Options, Robots, Site},
};

/// Configuration of the crawl. `SLOW` is a host with a delay of five minutes.
const CONFIG: &str = r#"
[traps]
calendar = 2
[retry]
times = 1
base = "10ms"
[politeness]
adaptive = false
[scope]
depth = 2
[store]
path = "state"
[[host]]
match = "SLOW"
delay = "5m"
"#;

/// Links of the seed. The tree below them is deeper than the crawl goes.
const LINKS: &str = "/html?<a href=/ok><a href=/tree/1/9><a href=/private/x><a href=/cal/2024/1><a href=/cal/2024/2>\
                     <a href=/cal/2024/3><a href=/flaky?fails=9><a href=/vip rel=nofollow><a href=//b.example/>";

/// Returns exit code and output of `lycosa explain` with the configuration of this crawl.
fn explain(folder: &Path, seed: &str, url: &str) -> (Option<i32>, String) {
    let arguments = ["explain", url, "-c", "crawl.toml", "--seed", seed];
    let finished = Command::new(env!("CARGO_BIN_EXE_lycosa")).args(arguments).current_dir(folder).output().unwrap();
    (finished.status.code(), String::from_utf8(finished.stdout).unwrap() + &String::from_utf8_lossy(&finished.stderr))
}

#[test]
fn explain_names_status_and_cause_of_each_url() {
    let robots = Robots { status: 200, rules: "User-agent: *\nDisallow: /private\n", ..Robots::default() };
    let good = Site::with(Options { robots, ..Options::default() });
    let (slow, away, folder) = (Site::on(2), Site::on(3), tempfile::tempdir().unwrap());
    let slow_host = format!("127.0.0.2:{}", slow.port());
    std::fs::write(folder.path().join("crawl.toml"), CONFIG.replace("SLOW", &slow_host)).unwrap();
    let (waiting, parked) = (slow.url("/ok").to_string(), away.url("/retry-after?s=3600").to_string());
    let process = crawl(&good, LINKS, folder.path(), &["-c", "crawl.toml", &waiting, &parked]);
    // These are robots.txt, the seed, and the pages within two links of it, one of them twice.
    wait_for("all visits", || {
        (good.visits().len() >= 9 && slow.visits().len() == 1 && away.visits().len() == 2).then_some(())
    });
    let seed = good.url(LINKS).to_string();
    let (code, output) = explain(folder.path(), &seed, good.url("/ok").as_str());
    assert!(code == Some(5) && output.contains("in use by another process"), "{output}");
    assert!(output.contains("is in use by another process; stop that process"), "{output}");
    signal(&process, "TERM");
    assert_eq!(end_of(process).code(), Some(11));

    let url = |path: &str| good.url(path).to_string();
    for (url, words) in [
        (url("/ok"), &["status      done: fetched on ", ", at the first attempt, status 200"][..]),
        (url("/%6fk"), &["duplicate of http://127.0.0.1:", "/ok, which is done: fetched on"]),
        ("http://b.example/".to_owned(), &["refused: out of scope: it is not on the host of a seed"]),
        (url("/private/x"), &["without a request: robots.txt forbids it", "forbids it: line 2, Disallow: /private"]),
        (url("/tree/1/9/0/0"), &["status      refused on ", "more than scope.depth = 2 links from a seed"]),
        (
            url("/cal/2024/3"),
            &["refused on ", "its calendar already has traps.calendar = 2 pages", "all 2 URLs of its host"],
        ),
        (waiting, &["status      queued: next URL of its host", "(delay between two requests)", "5m between"]),
        (
            parked,
            &[
                "parked with its host until the next start (its Retry-After",
                "1 attempt",
                "(its Retry-After)",
                "status 503",
            ],
        ),
        (url("/flaky?fails=9"), &["given up on ", "after 2 attempts, status 503: the server asked to try again"]),
        (url("/nowhere"), &["status      never seen: no fetched page has a link to it"]),
        (url("/vip"), &["refused on ", "its page or the link says nofollow"]),
    ] {
        let (code, output) = explain(folder.path(), &seed, &url);
        assert_eq!(code, Some(0), "{output}");
        words.iter().for_each(|words| assert!(output.contains(words), "{url}: {words}: {output}"));
    }
}
