//! Every example runs offline and has the result that its comments describe. Cargo builds the examples together with the
//! tests.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::process::{end_of, examples, signal, wait_for};

/// Arguments, exit code, and check of the standard output of each example.
type Expected = (&'static str, &'static [&'static str], i32, fn(&str));

const EXPECTED: [Expected; 4] = [
    ("exporter", &[], 0, words),
    // The site has broken links.
    ("links", &[], 1, broken_links),
    ("quotes", &[], 0, quotes),
    ("slow_site", &["200"], 0, slow_pages),
];

fn run(name: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(examples().join(name));
    let run = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    run.unwrap_or_else(|error| panic!("{name} is not built: {error}"))
}

/// Returns the records on standard output, sorted.
fn records(output: &str) -> Vec<String> {
    let mut records: Vec<_> = output.lines().map(|line| line.parse::<Value>().unwrap().to_string()).collect();
    records.sort_unstable();
    records
}

fn words(output: &str) {
    let counts: Vec<_> = output.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(counts, ["3 a", "1 hunts", "1 is", "3 spider", "2 the", "2 web", "2 without"]);
}

fn broken_links(output: &str) {
    // The port differs from run to run.
    let seed = output.split("\"from\":\"").nth(1).unwrap().split('/').take(3).collect::<Vec<_>>().join("/");
    let expected = [
        json!({ "from": "SEED/", "to": "SEED/lost", "status": 404 }),
        json!({ "from": "SEED/about", "to": "SEED/gone?page=2", "status": 404 }),
        json!({ "from": "SEED/about", "to": "http://127.0.0.1:8/dead", "error": "host is parked: robots" }),
        json!({ "from": "SEED/about", "to": "http://127.0.0.1:9/", "error": "guard: port 9 is refused (fetcher.ports)" }),
    ];
    assert_eq!(records(&output.replace(&seed, "SEED")), expected.map(|record| record.to_string()));
}

fn quotes(output: &str) {
    let records = records(output);
    let authors: Vec<_> = records.iter().filter(|record| record.contains("\"name\"")).collect();
    assert_eq!((records.len(), authors.len()), (9, 3), "{output}");
    for expected in [
        json!({ "name": "Hypatia", "born": "about 355" }),
        json!({ "text": "Every day is a journey.", "by": "Basho" }),
        json!({ "text": "To think wrongly is better than not to think.", "by": "Hypatia" }),
    ] {
        assert!(records.contains(&expected.to_string()), "{expected}: {output}");
    }
}

fn slow_pages(output: &str) {
    assert!(output.contains("parsed 200 of 200 pages in "), "{output}");
    assert!(output.contains("item_scraped_count") == output.contains("item_dropped_count"), "{output}");
}

#[test]
fn every_example_does_what_it_says() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = std::fs::read_dir(sources).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<_> = files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort_unstable();
    assert_eq!(names, EXPECTED.map(|(name, ..)| name), "each example has a check");
    for (name, arguments, code, check) in EXPECTED {
        let Output { status, stdout, stderr } = run(name, arguments);
        let stderr = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(code), "{name}: {stderr}");
        assert!(!stderr.contains("no output"), "{name}: {stderr}");
        check(std::str::from_utf8(&stdout).unwrap());
    }
}

#[test]
fn quotes_writes_to_the_outputs_of_its_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Command::new(examples().join("quotes"));
    let mut site = site.arg("site").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(site.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit(' ').next().unwrap();
    let file = folder.path().join("quotes.jsonl");
    let toml = format!("[crawl]\nseeds = [\"{address}\"]\n[politeness]\ndelay = 0\n");
    let config = folder.path().join("quotes.toml");
    for (sink, is_written_to_file) in
        [(String::new(), false), (format!("[[sink]]\ntype = \"jsonl\"\npath = {file:?}"), true)]
    {
        std::fs::write(&config, format!("{toml}{sink}")).unwrap();
        let Output { status, stdout, stderr } = run("quotes", &[config.to_str().unwrap()]);
        let log = String::from_utf8_lossy(&stderr);
        assert!(status.success() && log.contains("pipeline started"), "{log}");
        let stdout = String::from_utf8(stdout).unwrap();
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        let (records, rest) = if is_written_to_file { (written, stdout) } else { (stdout, written) };
        quotes(&records);
        assert_eq!(rest, "");
    }
    drop(site.stdin.take());
    site.wait().unwrap();
}

#[test]
fn a_signal_drains_a_library_crawl() {
    for name in ["TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let open = || std::fs::File::options().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new(examples().join("slow_site"));
        // Each page takes two seconds, and this signal comes before all pages are requested.
        let crawler = command.arg("50").stdout(open()).stderr(open()).spawn().unwrap();
        wait_for("its start", || is_catching(crawler.id()).then_some(()));
        assert!(signal(&crawler, name));
        let status = end_of(crawler);
        let log = std::fs::read_to_string(&log).unwrap();
        assert!(status.success() && log.contains("finish_reason: stopped"), "{name} {status}: {log}");
    }
}

/// Returns true if a process has handlers for SIGTERM and SIGINT.
fn is_catching(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0");
    let caught = u64::from_str_radix(caught.trim(), 16).unwrap();
    let bit = |signal: u32| caught & (1 << (signal - 1)) != 0;
    bit(15) && bit(2)
}
