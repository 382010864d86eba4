//! Configurations and command lines, as the binary reports them.

use std::process::{Command, Output};

/// Runs `lycosa` with these arguments in a folder that contains `bad.toml`.
fn lycosa(arguments: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.toml"), BAD).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lycosa"));
    let Output { status, stdout, stderr } = command.args(arguments).current_dir(folder.path()).output().unwrap();
    let output = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    (status.code().unwrap(), output)
}

/// Configuration with four errors, two of them in one table.
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
fn every_error_names_file_key_and_nearest_name() {
    let (code, output) = lycosa(&["check", "-c", "bad.toml"]);
    assert_eq!(code, 4, "{output}");
    for (key, hint) in [
        ("politeness.dealy", "delay"),
        ("politeness.host_concurrency", "many"),
        ("fetcher.concurency", "concurrency"),
        ("store.type", "memory"),
    ] {
        let line = output.lines().find(|line| line.contains(key) && line.contains("bad.toml"));
        assert!(line.is_some_and(|line| line.contains(hint)), "{key}: {output}");
    }
}

#[test]
fn a_crawl_with_errors_does_not_start() {
    let (code, output) = lycosa(&["crawl", "http://127.0.0.1:9/", "-c", "bad.toml"]);
    assert_eq!(code, 4, "{output}");
    assert!(output.contains("politeness.dealy"), "{output}");
}

#[test]
fn errors_of_flags_are_named() {
    let (code, output) = lycosa(&["check", "--set", "politeness.delay=250ms"]);
    assert_eq!(code, 0, "{output}");
    assert!(output.contains("delay = \"250ms\""), "{output}");
    let (code, output) = lycosa(&["check", "--set", "politeness.delya=250ms"]);
    assert_eq!(code, 4, "{output}");
    assert!(output.contains("politeness.delya") && output.contains("politeness.delay"), "{output}");
}

#[test]
fn the_daemon_configuration_is_valid() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/config/daemon.toml");
    let (code, output) = lycosa(&["check", "-c", file]);
    assert_eq!(code, 0, "{output}");
}

#[test]
fn unknown_arguments_are_usage_errors() {
    for arguments in [&["frobnicate"][..], &["crawl", "--frobnicate"], &[]] {
        let (code, output) = lycosa(arguments);
        assert_eq!(code, 2, "{arguments:?}: {output}");
    }
}

#[test]
fn help_lists_commands_and_options() {
    for (arguments, words) in [
        (&["--help"][..], &["crawl", "run", "check", "demo"][..]),
        (&["crawl", "--help"], &["--delay", "--host-concurrency", "--scope", "--set", "--depth", "-o"]),
    ] {
        let (code, output) = lycosa(arguments);
        assert_eq!(code, 0, "{output}");
        assert!(words.iter().all(|word| output.contains(word)), "{output}");
    }
}

#[test]
fn patterns_that_can_never_match_are_errors() {
    for (key, value) in [
        ("scope.exclude", "*/x#top"),
        ("scope.exclude", "ftp://a.example/*"),
        ("scope.include", "/docs/*"),
        ("scope.include", "*/a b"),
        ("scope.include", ""),
        ("scope.exclude_extensions", "a/b"),
        ("tls.insecure", "https://a.example"),
        ("crawl.allow_private", "a b"),
        ("urls.drop_params", "a=b"),
    ] {
        let (code, output) = lycosa(&["check", "--set", &format!("{key}=[{value:?}]"), "--set", "crawl.name=\"x\""]);
        assert_eq!(code, 4, "{key} {value}: {output}");
        assert!(output.contains(key) && output.contains(&format!("`{value}`")), "{key} {value}: {output}");
    }
    for value in ["http://a.example", "a b", "a.example/x", "[::g]"] {
        let (code, output) = lycosa(&["check", "--set", &format!("host=[{{match={value:?}}}]")]);
        assert_eq!(code, 4, "{value}: {output}");
        assert!(output.contains("host[0].match") && output.contains(&format!("`{value}`")), "{value}: {output}");
    }
}
