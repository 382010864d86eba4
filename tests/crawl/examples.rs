//! Every example runs offline and ends as expected. Cargo builds the examples together with the tests.

use std::{
    path::Path,
    process::{Command, Output},
};

use crate::process::examples;

/// Arguments of the examples that need some.
const ARGUMENTS: [(&str, &[&str]); 1] = [("slow_site", &["200"])];

/// Exit codes of the examples that do not end with 0: the site of `links` has broken links.
const CODES: [(&str, i32); 1] = [("links", 1)];

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
        let mut command = Command::new(examples().join(name));
        let run = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
        let Output { status, stdout, stderr } = run.unwrap_or_else(|error| panic!("{name} is not built: {error}"));
        let output = String::from_utf8_lossy(&stdout) + String::from_utf8_lossy(&stderr);
        let code = CODES.iter().find(|(example, _)| *example == name).map_or(0, |(_, code)| *code);
        assert_eq!(status.code(), Some(code), "{name}: {output}");
        ran += 1;
    }
    assert!(ran > 0, "there are no examples");
}
