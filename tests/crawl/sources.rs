//! The crate's own files, as text, for the tests of its structure and its language.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::Regex;

/// A source file of `src/`.
pub(crate) struct Source {
    /// Path within `src/`.
    pub(crate) file: PathBuf,
    /// Path of its module: `["store", "embedded"]` for `store/embedded/mod.rs`. Empty for `lib.rs` and `main.rs`.
    pub(crate) module: Vec<String>,
    /// Its code, without comments, literals and the module `tests`.
    pub(crate) code: String,
}

/// Comments and literals of Rust.
static NOT_CODE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = concat!(
        r#"(?s)//[^\n]*|/\*.*?\*/"#,
        r##"|b?r"[^"]*"|b?r#".*?"#"##,
        r#"|b?"(?:\\.|[^"\\])*""#,
        r#"|b?'(?:\\[^']+|\\'|[^'\\])'"#,
    );
    Regex::new(pattern).unwrap()
});

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources = files(&root, &["rs"]).into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let file = path.strip_prefix(&root).unwrap().to_owned();
        let code = code_of(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default());
        Source { module: module_of(&file), code, file }
    });
    let sources: Vec<_> = sources.collect();
    assert!(sources.len() > 100, "no sources in {}", root.display());
    sources
});

/// Returns all source files of the crate; files of tests only with [`WithTests::Yes`].
pub(crate) fn sources(with_tests: WithTests) -> impl Iterator<Item = &'static Source> {
    let is_test = |part: &std::ffi::OsStr| part == "tests" || part == "tests.rs" || part == "conformance.rs";
    SOURCES.iter().filter(move |source| with_tests == WithTests::Yes || !source.file.iter().any(is_test))
}

/// Whether files of tests are included.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WithTests {
    Yes,
    No,
}

/// Returns all files below a folder with one of these extensions, sorted.
pub(crate) fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Returns the module path of a file within `src/`.
fn module_of(file: &Path) -> Vec<String> {
    let stem = file.with_extension("");
    let mut module: Vec<_> = stem.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| last == "mod")
        || matches!(&module[..], [root] if root == "lib" || root == "main")
    {
        module.pop();
    }
    module
}

/// Returns Rust source without comments and literals.
pub(crate) fn code_of(source: &str) -> String {
    NOT_CODE.replace_all(source, " ").into_owned()
}

/// Returns the comments and literals of Rust source, each with its offset.
pub(crate) fn texts_of(source: &str) -> impl Iterator<Item = (usize, &str)> {
    NOT_CODE.find_iter(source).map(|found| (found.start(), found.as_str()))
}

/// Returns the words of code: identifiers and keywords.
pub(crate) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|character: char| !character.is_alphanumeric() && character != '_').filter(|word| !word.is_empty())
}

#[test]
fn comments_and_literals_are_not_code() {
    let code = code_of("a // b\n/* c */ d(\"e \\\" f\", 'g', r#\"h\"i\"#, b\"j\") l<'m>");
    assert_eq!(words(&code).collect::<Vec<_>>(), ["a", "d", "l", "m"]);
}

#[test]
fn modules_of_files() {
    for (file, module) in [("lib.rs", &[][..]), ("a/mod.rs", &["a"]), ("a/b.rs", &["a", "b"]), ("keys.rs", &["keys"])] {
        assert_eq!(module_of(Path::new(file)), module, "{file}");
    }
}
