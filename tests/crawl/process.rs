//! The binary as a process: start it, send signals, read its output.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::site::Site;

/// Time limit, longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Crawls `path` of `site` into `out.jsonl` of `folder`.
pub(crate) fn crawl(site: &Site, path: &str, folder: &Path, more: &[&str]) -> Child {
    let seed = site.url(path);
    let usual = ["crawl", seed.as_str(), "-o", "out.jsonl", "--delay", "0s", "--host-concurrency", "4"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    command.args(usual).args(more).current_dir(folder).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// Sends a signal such as `KILL`. Returns false if the process had already ended.
pub(crate) fn signal(process: &Child, name: &str) -> bool {
    // This is the `kill` of the shell: not every system has a program with this name.
    let line = format!("kill -{name} {}", process.id());
    let sent = Command::new("sh").args(["-c", &line]).stderr(Stdio::null()).status().unwrap();
    sent.success()
}

/// Waits until `done` returns a value.
pub(crate) fn wait_for<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(result) = done() {
            return result;
        }
        assert!(start.elapsed() < PATIENCE, "timeout while waiting for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn end_of(mut process: Child) -> ExitStatus {
    wait_for("the end", || process.try_wait().unwrap())
}

/// Returns the log of the processes in this folder.
pub(crate) fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap()
}

/// Returns the records of the output. Each line must be complete.
pub(crate) fn records(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("out.jsonl")).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is incomplete");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns `target/PROFILE/examples`, derived from the path of this test in `target/PROFILE/deps`.
pub(crate) fn examples() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples")
}
