//! Every example runs, offline, and ends as it should. Cargo builds them beside the tests.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Arguments of the examples that want some.
const ARGUMENTS: [(&str, &[&str]); 1] = [("slow_site", &["200"])];

/// Exit codes of the examples that end with another than 0: the site of `links` has broken ones.
const CODES: [(&str, i32); 1] = [("links", 1)];

/// `target/PROFILE/examples`, found from this test's own place in `target/PROFILE/deps`.
fn built() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples")
}

#[test]
fn every_example_runs() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut ran = 0;
    for entry in std::fs::read_dir(sources).unwrap() {
        let source = entry.unwrap().path();
        if source.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let name = source.file_stem().unwrap().to_str().unwrap();
        let arguments = ARGUMENTS.iter().find(|(example, _)| *example == name).map_or(&[][..], |(_, own)| *own);
        let mut command = Command::new(built().join(name));
        let run = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
        let Output { status, stdout, stderr } = run.unwrap_or_else(|error| panic!("{name} is not built: {error}"));
        let said = String::from_utf8_lossy(&stdout) + String::from_utf8_lossy(&stderr);
        let code = CODES.iter().find(|(example, _)| *example == name).map_or(0, |(_, code)| *code);
        assert_eq!(status.code(), Some(code), "{name}: {said}");
        ran += 1;
    }
    assert!(ran > 0, "there are no examples");
}
