//! Loading configurations from files, variables and flags.

use std::io::Write;

use super::*;
use crate::error::Error;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Returns the errors of loading a text, with FILE as the name of its file.
fn file_errors(text: &str) -> Vec<String> {
    let file = file(text);
    let mut layers = Layers::default();
    layers.file(file.path());
    load_errors(layers).into_iter().map(|line| line.replace(&file.path().display().to_string(), "FILE")).collect()
}

fn load_errors(layers: Layers) -> Vec<String> {
    match layers.load() {
        Err(Error::Config(errors)) => errors.iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
        Ok(_) => Vec::new(),
    }
}

#[test]
fn default_toml_equals_the_default() {
    let loaded = Layers::default().load().unwrap();
    assert_eq!(loaded.config, Config::default());
    let serialized = toml::to_string(&Config::default()).unwrap();
    let keys = [DEFAULTS, &serialized].map(|text| {
        let (layer, errors) = load::layer::Layer::from_toml("", text);
        assert_eq!(errors, []);
        load::diagnostics::all_keys(&layer.tree).into_iter().collect::<std::collections::BTreeSet<_>>()
    });
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn daemon_toml_loads() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/daemon.toml");
    let mut layers = Layers::default();
    layers.file(path);
    let config = layers.load().unwrap().config;
    assert!(!config.sink.is_empty());
    config.seeds().unwrap();
}

#[test]
fn all_errors_are_reported_at_once() {
    let text = "\
[scope]
kind = \"hosts\"
dept = 3
[politness]
delay = \"1s\"
[fetcher]
concurrency = \"many\"
timeout = { total = true, conect = 1 }
";
    assert_eq!(
        file_errors(text),
        [
            r#"FILE:2: scope.kind: "hosts" is unknown, did you mean "host"? (one of "page", "prefix", "host", "domain", "any")"#,
            "FILE:3: scope.dept: unknown key, did you mean `scope.depth`?",
            "FILE:4: politness: unknown key, did you mean `politeness`?",
            r#"FILE:7: fetcher.concurrency: expected a whole number (0 or more), found string "many""#,
            "FILE:8: fetcher.timeout.total: expected a duration such as \"500ms\", found boolean `true`",
            "FILE:8: fetcher.timeout.conect: unknown key, did you mean `fetcher.timeout.connect`?",
        ]
    );
}

#[test]
fn errors_in_lists_of_tables_have_indexes() {
    let text = "\
[[crawl.request]]
lable = \"x\"
url = \"localhost\"
[[crawl.request]]
[[crawl.request]]
url = \"localhost\"
priority = 1000
form = { a = {} }
[[sink]]
type = \"jsonnl\"
[crawl]
delay = 1
[retry]
times = []
[runtime]
workers = -1
";
    assert_eq!(
        file_errors(text),
        [
            "FILE:2: crawl.request[0].lable: unknown key, did you mean `crawl.request[0].label`?",
            "FILE:4: crawl.request[1]: `url` is missing",
            "FILE:7: crawl.request[2].priority: integer `1000` is out of range, expected a whole number (-128 to 127)",
            "FILE:8: crawl.request[2].form: `a`: expected a text",
            r#"FILE:10: sink[0].type: "jsonnl" is unknown, did you mean "jsonl"? (one of "jsonl", "stdout")"#,
            "FILE:12: crawl.delay: unknown key, did you mean `politeness.delay`?",
            "FILE:14: retry.times: expected a whole number (0 to 65535), found a list",
            "FILE:16: runtime.workers: integer `-1` is out of range, expected a whole number (0 or more)",
        ]
    );
}

#[test]
fn values_that_types_cannot_check() {
    let text = r#"
[crawl]
seeds = ["localhost", "ftp://x"]
contact = "a\nb"
[scope]
include = ["*", "["]
[politeness]
jitter = -1
host_concurrency = 0
[fetcher]
proxies = ["nonsense"]
headers = { "X Y" = "1" }
[parser]
statuses = ["2xx", "6xx", "700-600", "404"]
[[sink]]
type = "jsonl"
"#;
    let keys: Vec<_> =
        file_errors(text).iter().map(|line| line.split(": ").take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        keys,
        [
            "FILE:4 crawl.contact",
            "FILE:3 crawl.seeds[1]",
            "FILE:9 politeness.host_concurrency",
            "FILE:12 fetcher.headers.X Y",
            "FILE:11 fetcher.proxies[0]",
            "FILE:8 politeness.jitter",
            "FILE:14 parser.statuses[1]",
            "FILE:14 parser.statuses[2]",
            "FILE:15 sink[0]",
            "FILE:6 scope.include[1]",
        ]
    );
}

#[test]
fn keys_of_a_sink_depend_on_its_type() {
    let text = "\
[[sink]]
path = \"x.jsonl\"
mode = \"apend\"
type = \"jsonl\"
[[sink]]
type = \"stdout\"
path = \"x\"
lable = \"x\"
[[sink]]
tpye = \"stdout\"
[[sink]]
type = 1
[[sink]]
path = \"y.jsonl\"
";
    assert_eq!(
        file_errors(text),
        [
            r#"FILE:3: sink[0].mode: "apend" is unknown, did you mean "append"? (one of "append", "replace")"#,
            r#"FILE:7: sink[1].path: unknown key for type = "stdout", expected one of label"#,
            "FILE:8: sink[1].lable: unknown key, did you mean `sink[1].label`?",
            "FILE:9: sink[2]: `type` is missing",
            "FILE:10: sink[2].tpye: unknown key, did you mean `sink[2].type`?",
            r#"FILE:12: sink[3].type: expected one of "jsonl", "stdout""#,
            "FILE:13: sink[4]: `type` is missing",
        ]
    );
    let text = "sink = [{ path = 'x.jsonl', type = 'jsonl' }, { type = 'jsonl', path = './x.jsonl' }]";
    assert_eq!(file_errors(text), ["FILE:1: sink[1].path: `./x.jsonl` is written by another sink: name another file"]);
}

#[test]
fn broken_files_are_named() {
    assert_eq!(file_errors("politeness = ['1s', 0.5]"), ["FILE:1: politeness: expected a table, found a list"]);
    let broken = file_errors("[scope\nkind = 1\n");
    assert!(broken[0].starts_with("FILE:1: "), "{broken:?}");
    assert_eq!(file_errors("[crawl]\nname = 'a'\nname = 'b'\n"), ["FILE:3: duplicate key: name = 'b'"]);
    let mut layers = Layers::default();
    layers.file("no/such/file.toml");
    assert!(load_errors(layers)[0].starts_with("no/such/file.toml: "));
}

#[test]
fn later_layers_win() {
    let first = file("[crawl]\nseeds = ['localhost/1']\n[politeness]\ndelay = '5s'\njitter = 1\n");
    let second = file("[crawl]\nseeds = ['localhost/2']\n[politeness]\ndelay = '4s'\n");
    let mut layers = Layers::default();
    layers.file(first.path());
    layers.file(second.path());
    layers.environment(
        [
            ("LYCOSA__POLITENESS__DELAY", "3"),
            ("LYCOSA__FETCHER__CONCURRENCY", "7"),
            ("LYCOSA__CRAWL__NAME", "42"),
            ("LYCOSA__POLITENESS__ADAPTIVE", "false"),
            ("LYCOSA__SCOPE__EXCLUDE", r#"["*.pdf", "*.zip"]"#),
            ("PATH", "/bin"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    layers.flag("--set", "fetcher.concurrency", "8");
    layers.flag("--set", "fetcher.headers.X-Number", "1");
    layers.flag("--set", "scope.include", "*/a[0-9]/*");
    let loaded = layers.load().unwrap();
    let config = &loaded.config;
    assert_eq!((config.politeness.delay.as_secs(), config.politeness.jitter), (3, 1.0));
    assert_eq!((config.fetcher.concurrency, config.crawl.name.as_str()), (8, "42"));
    assert_eq!((config.crawl.seeds.as_slice(), config.politeness.adaptive), (&["localhost/2".to_owned()][..], false));
    assert_eq!((config.scope.include.as_slice(), config.scope.exclude.len()), (&["*/a[0-9]/*".to_owned()][..], 2));
    assert_eq!(config.fetcher.headers["X-Number"], "1");
    assert_eq!(loaded.notes.len(), 1, "{:?}", loaded.notes);
    assert!(loaded.notes[0].starts_with("`crawl.seeds` of "), "{:?}", loaded.notes);
    assert_eq!(loaded.origin("politeness.delay"), Some("LYCOSA__POLITENESS__DELAY"));
    assert_eq!(loaded.origin("politeness.group"), None);
}

#[test]
fn errors_name_variables_and_flags() {
    let mut layers = Layers::default();
    layers.environment([("LYCOSA__POLITENESS__DELEY".to_owned(), "1s".to_owned())]);
    layers.flag("--depth", "scope.depth", "-1");
    layers.flag("--set", "", "1");
    assert_eq!(
        load_errors(layers),
        [
            "--set: not a valid key, expected section.key",
            "LYCOSA__POLITENESS__DELEY: politeness.deley: unknown key, did you mean `politeness.delay`?",
            "--depth: scope.depth: integer `-1` is out of range, expected a whole number (0 to 65535)",
        ]
    );
}
