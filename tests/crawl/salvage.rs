//! `lycosa state` commands that are killed: the source stays sound, and a target that is not whole is refused.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    process::{crawl, end_of, log},
    site::Site,
};

const PAGES: usize = 40;

/// Number of kills of `state salvage`, and of each other command.
const KILLS: u32 = 10;

fn state(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lycosa")).arg("state").args(arguments).current_dir(folder).output().unwrap()
}

/// Starts a command and kills it after `time`. Returns true if it had ended before.
fn kill_after(folder: &Path, arguments: &[&str], time: Duration) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    command.arg("state").args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    thread::sleep(time);
    let had_ended = process.try_wait().unwrap().is_some();
    process.kill().ok();
    process.wait().unwrap();
    had_ended
}

/// A site, and a folder with the state of a crawl of it that has thousands of URLs left.
fn stopped_crawl() -> (Site, tempfile::TempDir) {
    let (site, folder) = (Site::start(), tempfile::tempdir().unwrap());
    let limit = format!("limits.pages={PAGES}");
    let arguments = ["--state", "state", "--set", &limit, "--set", "parser.max_links=6000"];
    let crawler = crawl(&site, "/links?n=6000&to=/page/", folder.path(), &arguments);
    assert_eq!(end_of(crawler).code(), Some(14), "{}", log(folder.path()));
    (site, folder)
}

#[test]
fn a_killed_salvage_leaves_nothing_that_looks_whole() {
    let (site, folder) = stopped_crawl();
    let folder = folder.path();
    let start = Instant::now();
    assert!(state(folder, &["salvage", "state", "whole"]).status.success());
    let whole = start.elapsed();
    assert!(state(folder, &["check", "whole"]).status.success());
    let mut interrupted = 0;
    for kill in 0..KILLS {
        let had_ended = kill_after(folder, &["salvage", "state", "new"], whole * kill / KILLS);
        assert!(state(folder, &["check", "state"]).status.success(), "the source");
        if folder.join("new").exists() {
            assert!(state(folder, &["check", "new"]).status.success(), "the target exists only if it is whole");
            std::fs::remove_dir_all(folder.join("new")).unwrap();
        } else if folder.join("new.salvage").exists() {
            interrupted += 1;
            assert!(!had_ended);
            // Neither the place of the target nor what was built is taken for a new crawl.
            for target in ["new", "new.salvage", "new.salvage/new"] {
                if folder.join(target).exists() || target == "new" {
                    let crawler = crawl(&site, "/page/1", folder, &["--state", target]);
                    assert_eq!(end_of(crawler).code(), Some(5), "{target}: {}", log(folder));
                }
            }
        }
    }
    assert!(interrupted > 0, "no salvage was interrupted");
    let output = state(folder, &["salvage", "state", "new"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(state(folder, &["check", "new"]).status.success() && !folder.join("new.salvage").exists());
}

#[test]
fn killed_commands_leave_the_state_sound() {
    let (_site, folder) = stopped_crawl();
    for command in ["check", "export", "ls"] {
        let start = Instant::now();
        assert!(state(folder.path(), &[command, "state"]).status.success());
        let whole = start.elapsed();
        for kill in 0..KILLS {
            kill_after(folder.path(), &[command, "state"], whole * kill / KILLS);
        }
        assert!(state(folder.path(), &["check", "state"]).status.success(), "{command}");
    }
}

#[test]
fn what_is_no_state_directory_is_named_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "x").unwrap();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for command in ["ls", "check", "export", "salvage"] {
        for (path, message) in
            [("file", "is not a state directory"), ("empty", "is not a state directory"), ("none", "does not exist")]
        {
            let output = state(folder.path(), &[command, path]);
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(5), "{command} {path}: {error}");
            assert!(error.contains(message) && !error.contains("damaged"), "{command} {path}: {error}");
            assert!(!folder.path().join(format!("{path}.salvaged.salvage")).exists(), "nothing is left");
        }
    }
}
