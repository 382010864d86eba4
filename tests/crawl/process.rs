//! The binary as a process of its own: starting it, signalling it, and reading what it wrote.

use std::{
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::site::Site;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Crawls `path` of `site` into `out.jsonl` of `folder`.
pub(crate) fn crawl(site: &Site, path: &str, folder: &Path, more: &[&str]) -> Child {
    let seed = site.url(path);
    let usual = ["crawl", seed.as_str(), "-o", "out.jsonl", "--delay", "0s", "--host-concurrency", "4"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    command.args(usual).args(more).current_dir(folder).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// Sends a signal by name, as in `KILL`. Says whether the process was still there.
pub(crate) fn signal(process: &Child, name: &str) -> bool {
    // The shell's own `kill`: the program of that name is no part of every system.
    let line = format!("kill -{name} {}", process.id());
    let sent = Command::new("sh").args(["-c", &line]).stderr(Stdio::null()).status().unwrap();
    sent.success()
}

/// Waits until `done` says something.
pub(crate) fn wait_for<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(result) = done() {
            return result;
        }
        assert!(start.elapsed() < PATIENCE, "{what} did not come");
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn end_of(mut process: Child) -> ExitStatus {
    wait_for("the end", || process.try_wait().unwrap())
}

/// What the processes in this folder said.
pub(crate) fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap()
}

/// The records of the output; each line must be a whole one.
pub(crate) fn records(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is not whole");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
