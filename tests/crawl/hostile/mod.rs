//! A server with one path per misbehavior. Every URL must end as its table says, other URLs of the host are not affected,
//! no body is taken for that of another URL, and memory stays small.

mod bodies;
mod codings;
mod heads;
mod redirects;
mod reference;
mod row;
mod server;
mod stalls;

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    time::Duration,
};

use lycosa::{Failure, HandlerResult, Method, Output, Page, Request};
use serde_json::{Value, json};

use self::{
    row::{Expected, Row, Step, page},
    server::Server,
};
use crate::harness::{Crawled, config, crawl_with};

/// Short time limits, but long enough for a busy machine.
const HASTE: &str = r#"
[scope]
kind = "any"
[politeness]
robots = "ignore"
[runtime]
workers = 1
[fetcher]
max_body = "1 MiB"
timeout = { first_byte = "1s", idle = "1s", total = "3s" }
[parser]
# The rows are seeds, and their own responses count.
refresh = "ignore"
"#;

/// Number of concurrent crawls. Most of them wait.
const THREADS: usize = 16;

/// Maximum growth of memory, in bytes.
const MAX_GROWTH: u64 = 64 << 20;

fn rows() -> Vec<Row> {
    [heads::rows(), bodies::rows(), stalls::rows(), redirects::rows(), codings::rows()].concat()
}

fn handle(page: &Page, out: &mut Output) -> HandlerResult {
    out.record(json!({ "at": place(page.request()), "body": page.body_text() }));
    Ok(())
}

fn fail(failure: &Failure, out: &mut Output) -> HandlerResult {
    out.record(json!({ "at": place(failure.request()), "error": failure.error().to_string() }));
    Ok(())
}

/// Returns path and query.
fn place(request: &Request) -> &str {
    &request.url()[url::Position::BeforePath..]
}

fn run(requests: impl IntoIterator<Item = Request>, politeness: &str, attempts: u16) -> Crawled {
    let mut config = config(&HASTE.replace("[politeness]", &format!("[politeness]\n{politeness}")));
    config.retry.times = attempts - 1;
    crawl_with(config, requests, |crawler| crawler.otherwise(handle).on_error(fail))
}

fn request(server: &Server, row: &Row) -> Request {
    Request::get(server.url(row.path)).with_method(row.method.parse::<Method>().unwrap())
}

/// Returns the record of each path.
fn found(crawled: &Crawled) -> BTreeMap<String, Value> {
    let values = crawled.records.iter().map(lycosa::Record::value);
    values.map(|value| (value["at"].as_str().unwrap().to_owned(), value)).collect()
}

/// Returns what is wrong with the result of a row, if anything is.
fn fault(row: &Row, crawled: &Crawled) -> Option<String> {
    let found = found(crawled);
    let own = found.get(row.path);
    let body = |at: &str| found.get(at).and_then(|value| value["body"].as_str());
    let balance = crawled.report.balance;
    let is_right = match row.expected {
        Expected::Own => body(row.path) == Some(&page(row.path)),
        Expected::Body(text) => body(row.path) == Some(text),
        Expected::Lands(at) => body(at) == Some(&page(at)) && own.is_none(),
        Expected::Fails(words) => own.is_some_and(|v| v["error"].as_str().is_some_and(|said| said.starts_with(words))),
        Expected::Rejected(reason) => {
            own.is_none() && crawled.report.stats.get(&format!("rejected/{reason}")) == 1 && balance.rejected == 1
        }
        Expected::NotModified => own.is_none() && balance.not_modified == 1,
    };
    let words = || format!("{} ({}): {:?} expected, {own:?} found; {balance}", row.path, row.why, row.expected);
    (!is_right).then(words)
}

#[test]
fn there_are_enough_rows() {
    let rows = rows();
    let paths: BTreeSet<_> = rows.iter().map(|row| row.path).collect();
    assert_eq!(paths.len(), rows.len(), "a path occurs twice");
    assert!(rows.len() >= 100, "{} rows", rows.len());
}

/// Crawls each row alone, and then a good page of the same host.
#[test]
fn each_row_has_its_expected_result() {
    let rows = rows();
    let server = Server::start(&rows);
    let every = |first: usize| rows.iter().skip(first).step_by(THREADS);
    let faults: Vec<_> = std::thread::scope(|scope| {
        let run_share = |first| every(first).flat_map(|row| alone(&server, row)).collect::<Vec<_>>();
        let threads: Vec<_> = (0..THREADS).map(|first| scope.spawn(move || run_share(first))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "{} rows:\n{}", faults.len(), faults.join("\n"));
}

fn alone(server: &Server, row: &Row) -> Vec<String> {
    let after = format!("/good-after{}", row.path);
    let requests = [request(server, row), Request::get(server.url(&after)).priority(-1)];
    // Bytes on an idle connection can be distinguished from a response; bytes after the next request cannot.
    let crawled = run(requests, "host_concurrency = 1\ndelay = \"100ms\"", 1);
    let mut faults = Vec::from_iter(fault(row, &crawled));
    let body = found(&crawled).get(&after).map(|value| value["body"].clone());
    if body != Some(json!(page(&after))) {
        faults.push(format!("{after}: {body:?} found"));
    }
    faults
}

/// Crawls all rows at the same time, with good pages in between, in a separate process to measure its memory.
#[test]
fn all_rows_at_once_need_little_memory() {
    let this = std::env::current_exe().unwrap();
    let mut child = Command::new(this);
    child.args(["--exact", "hostile::all_rows_at_once", "--ignored", "--nocapture"]);
    let output = child.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

#[test]
#[ignore = "run by all_rows_at_once_need_little_memory"]
fn all_rows_at_once() {
    // If the next request has already been sent, its response cannot be distinguished from a second response to this one.
    let rows: Vec<_> = rows().into_iter().filter(|row| row.path != "/answer-unasked-late").collect();
    let server = Server::start(&rows);
    let good = |i: usize| format!("/good/{i}");
    run((0..100).map(|i| Request::get(server.url(&good(i)))), "", 1);
    let before = peak_memory();

    // A host without responses is given up, so there are good pages in between.
    let requests = rows.iter().enumerate().flat_map(|(i, row)| {
        let [one, two] = [2 * i, 2 * i + 1].map(|i| Request::get(server.url(&good(i))));
        [one, request(&server, row), two]
    });
    let crawled = run(requests, "host_concurrency = 64", 3);
    let grown = peak_memory() - before;
    let found = found(&crawled);
    for (at, value) in &found {
        if let Some(body) = value["body"].as_str().filter(|body| !body.is_empty()) {
            assert_eq!(body, page(at), "a body of something else");
        }
    }
    for at in (0..2 * rows.len()).map(good) {
        assert!(found.get(&at).is_some_and(|value| value["body"] == page(&at)), "{at}: {:?}", found.get(&at));
    }
    let pages = rows.iter().filter(|row| row.expected == Expected::Own);
    pages.for_each(|row| assert_eq!(found[row.path]["body"], page(row.path), "{}", row.why));
    assert!(grown < MAX_GROWTH, "memory grew by {} KiB", grown >> 10);
}

/// Returns the peak memory of this process, in bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// Serves the rows while standard input is open: `reference.py` shows them to curl and Chromium.
#[test]
#[ignore = "run by reference.py"]
fn serve_rows() {
    let rows = rows();
    let server = Server::start(&rows);
    println!("at {}", server.url("/"));
    for row in &rows {
        println!("row {} {}", row.method, row.path);
        if row.steps.iter().any(|step| matches!(step, Step::Forever(_, Duration::ZERO))) {
            println!("flood {}", row.path);
        }
    }
    println!("end");
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
}
