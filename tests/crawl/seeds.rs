//! Seeds from files and pipes.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    process::{end_of, log, records, signal, wait_for},
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

/// Crawls from standard input, or from the file `list` if it is named in `more`. Returns the exit code and the log.
fn crawl(folder: &Path, input: &[u8], more: &[&str]) -> (Option<i32>, String) {
    fs::write(folder.join("input"), input).unwrap();
    let usual = ["crawl", "-o", "out.jsonl", "--delay", "0s", "--scope", "page", "--no-robots"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    let command = command.args(usual).args(more).current_dir(folder);
    let output = command.stdin(File::open(folder.join("input")).unwrap()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Arguments that read seeds from standard input, and from a file.
const SOURCES: [&[&str]; 2] = [&["-"], &["--set", "crawl.seed_files=[\"input\"]"]];

#[test]
fn lists_of_other_programs_are_read() {
    let site = Site::start();
    let text = format!("{}\r\n# mine\r\n\r\n{}\r\n", site.url("/page/a"), site.url("/page/b"));
    let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    let little = |text: &str| units(text).into_iter().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let big = |text: &str| units(text).into_iter().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    let marked = format!("\u{feff}{text}");
    for (number, list) in [
        marked.clone().into_bytes(),
        text.replace("\r\n", "\r").into_bytes(),
        // Two files that were joined.
        text.replace("\r\n\r\n", "\n\u{feff}").into_bytes(),
        little(&marked),
        little(&text),
        big(&marked),
    ]
    .iter()
    .enumerate()
    {
        for more in SOURCES {
            let folder = tempfile::tempdir().unwrap();
            let (code, log) = crawl(folder.path(), list, more);
            assert_eq!((code, records(folder.path()).len()), (Some(0), 2), "{number}: {log}");
            assert!(!log.contains("WARN"), "{number}: {log}");
        }
    }
}

#[test]
fn dropped_lines_are_named() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let list = [format!("# list\nftp://x\r\n{}\rhttp://[\n", site.url("/page/a")).as_bytes(), b"caf\xe9"].concat();
    for (name, more) in ["standard input", "input"].iter().zip(SOURCES) {
        let (code, log) = crawl(folder.path(), &list, &[more, &["-q"]].concat());
        assert_eq!(code, Some(0), "{log}");
        for line in [2, 4, 5] {
            assert!(log.contains(&format!("line={line} error=")), "{line}: {log}");
        }
        assert!(log.contains(name) && log.matches("invalid seed skipped").count() == 3, "{log}");
    }
}

#[test]
fn a_list_without_a_seed_is_an_error() {
    let site = Site::start();
    let own = site.url("/page/a");
    let own = own.as_str();
    let long = "no://seed\n".repeat(30);
    for list in
        ["ftp://x\nhttp://[\n", "\u{feff}ftp://x", "\0\0\0", long.as_str(), "", "\u{feff}", "# only\r\r# comments"]
    {
        for more in SOURCES {
            let folder = tempfile::tempdir().unwrap();
            // Other seeds do not make up for the list, in a new crawl with or without a state directory.
            let others: [&[&str]; 3] = [&[], &[own], &["--state", "state"]];
            for more in others.map(|others| [more, others, &["-q"]].concat()) {
                let (code, log) = crawl(folder.path(), list.as_bytes(), &more);
                assert_eq!(code, Some(4), "{list:?} {more:?}: {log}");
                assert!(log.contains("no valid seed in this list"), "{list:?}: {log}");
                let summary = if list == long { "input: and 10 more invalid lines" } else { "" };
                assert!(log.contains(summary), "{list:?}: {log}");
            }
        }
    }
}

#[test]
fn an_empty_list_resumes_a_crawl() {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let list = format!("{}\n{}\n", site.url("/page/a"), site.url("/page/b"));
    let usual = ["-", "--state", "state", "--allow-private"];
    let (code, log) = crawl(folder.path(), list.as_bytes(), &[&usual[..], &["--set", "limits.pages=1"]].concat());
    assert_eq!(code, Some(14), "{log}");
    let (code, log) = crawl(folder.path(), b"", &usual);
    assert_eq!((code, records(folder.path()).len()), (Some(0), 2), "{log}");
    // A list with invalid lines only is still a mistake.
    let (code, log) = crawl(folder.path(), b"no://seed\n", &usual);
    assert_eq!(code, Some(4), "{log}");
}
