//! The binary's word on configurations and command lines.

use std::process::{Command, Output};

/// Runs `lycosa` with these arguments in a folder that holds `bad.toml`.
fn lycosa(arguments: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.toml"), BAD).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    let Output { status, stdout, stderr } = command.args(arguments).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    (status.code().unwrap(), said)
}

/// Four mistakes, two of them in one table.
const BAD: &str = r#"
[politeness]
dealy = "1s"
host_concurrency = "many"

[fetcher]
concurency = 5

[store]
type = "memroy"
"#;

#[test]
fn every_mistake_is_listed_with_its_file_its_key_and_the_nearest_name() {
    let (code, said) = lycosa(&["check", "-c", "bad.toml"]);
    assert_eq!(code, 4, "{said}");
    for (key, hint) in [
        ("politeness.dealy", "delay"),
        ("politeness.host_concurrency", "many"),
        ("fetcher.concurency", "concurrency"),
        ("store.type", "memory"),
    ] {
        let line = said.lines().find(|line| line.contains(key) && line.contains("bad.toml"));
        assert!(line.is_some_and(|line| line.contains(hint)), "{key}: {said}");
    }
}

#[test]
fn a_crawl_with_mistakes_does_not_start() {
    let (code, said) = lycosa(&["crawl", "http://127.0.0.1:9/", "-c", "bad.toml"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("politeness.dealy"), "{said}");
}

#[test]
fn flags_and_their_mistakes_are_named_too() {
    let (code, said) = lycosa(&["check", "--set", "politeness.delay=250ms"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("delay = \"250ms\""), "{said}");
    let (code, said) = lycosa(&["check", "--set", "politeness.delya=250ms"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("politeness.delya") && said.contains("politeness.delay"), "{said}");
}

#[test]
fn the_daemons_example_configuration_is_sound() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/config/daemon.toml");
    let (code, said) = lycosa(&["check", "-c", file]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn what_the_command_line_does_not_know_is_a_usage_error() {
    for arguments in [&["frobnicate"][..], &["crawl", "--frobnicate"], &[]] {
        let (code, said) = lycosa(arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
}

#[test]
fn help_names_what_there_is() {
    for (arguments, words) in [
        (&["--help"][..], &["crawl", "run", "check", "demo"][..]),
        (&["crawl", "--help"], &["--delay", "--host-concurrency", "--scope", "--set", "--depth", "-o"]),
    ] {
        let (code, said) = lycosa(arguments);
        assert_eq!(code, 0, "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
}
