//! The language of comments, messages and documents: phrases that must be read twice, with what to write instead.
//!
//! Rust files are checked in comments and literals only, other files as a whole. A line that quotes a standard may contain
//! any phrase if it names the standard with a colon before the quotation, as in `RFC 9309: "..."`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::{Regex, RegexSet};

use crate::sources::{files, texts_of};

/// Phrases to avoid, as regular expressions, each with a better way.
const PHRASES: [(&str, &str); 26] = [
    (r"\bso many\b", "a number, or the name of the parameter"),
    (r"\bso much (?:of|is|may|to|room)\b", "a number, or the name of the parameter"),
    (r"\bat most so\b", "the name of the parameter"),
    (r"\b(?:who|what|which)ever (?:it|that|the|is|was|has|asks|wants|comes)\b", "a plain noun"),
    (r"\bwhoever\b", "a plain noun: the user, the caller"),
    (r"\bsomebody\b|\bnobody\b", "a plain noun: the user, no task"),
    (r"\banew\b", "again"),
    (r"\bof late\b", "recently"),
    (r"\bit is looked\b", "is checked"),
    (r"\bpass(?:ed|es)? over\b", "skipped, ignored"),
    (r"; none\b", "`None` if"),
    (r"\bnone's\b", "out of scope"),
    (r"\b(?:of|in|from|to|on) which (?:it|they|a|the|one|all|each)\b.*\bis looked\b", "two sentences"),
    (r"\bof which\b", "two sentences"),
    (r"\b[Ss]ays (?:whether|how|what|which|so)\b", "returns"),
    (r"\b[Tt]ells (?:whether|how|what|which|of)\b", "returns, reports"),
    (r"\bgo(?:es)? on (?:with|as|where|behind|anew|in)\b", "continues, resumes"),
    (r"\bis made of\b|\bmade of an\b", "built from"),
    (r"\bput(?:s)? out\b", "emit"),
    (r"\btakes? in\b|\btaken in\b", "accept, add"),
    (r"\bgives? way\b", "yield"),
    (r"\bstands? (?:in|behind|beside|there|for|before)\b", "is in, is after"),
    (r"\bcomes? home\b|\bsent home\b|\bon loan\b", "is settled"),
    (r"\bbooks\b", "URL counters"),
    (r"\bneither .* nor .*\bnothing but\b|\bnothing but\b", "only"),
    (r"\bin words\b", "as text"),
];

/// "is no ..." is avoided, except in these.
const IS_NO: &str = r"\b([Tt]here )?is no (\w+)";
const IS_NO_ALLOWED: [&str; 2] = ["longer", "more"];

/// A quotation of a standard.
const QUOTATION: &str = r#"(?:RFC \d+|WHATWG|HTML|Fetch|URL)[^:]*: ["“]"#;

/// Files that are not checked: the list itself, and data.
const SKIPPED: [&str; 2] = ["tests/crawl/language.rs", "tests/crawl/hostile/references.txt"];

/// All rules at once: most lines match none.
static ANY: LazyLock<RegexSet> =
    LazyLock::new(|| RegexSet::new(PHRASES.iter().map(|(phrase, _)| *phrase).chain([IS_NO])).unwrap());
static RULES: LazyLock<Vec<(Regex, &str)>> =
    LazyLock::new(|| PHRASES.iter().map(|(phrase, better)| (Regex::new(phrase).unwrap(), *better)).collect());
static IS_NO_RULE: LazyLock<Regex> = LazyLock::new(|| Regex::new(IS_NO).unwrap());
static QUOTATION_RULE: LazyLock<Regex> = LazyLock::new(|| Regex::new(QUOTATION).unwrap());

/// Returns the phrases to avoid in a line, each with a better way.
fn faults(line: &str) -> Vec<(String, &'static str)> {
    if !ANY.is_match(line) || QUOTATION_RULE.is_match(line) {
        return Vec::new();
    }
    let phrases = RULES.iter().filter_map(|(rule, better)| Some((rule.find(line)?.as_str().to_owned(), *better)));
    let is_no = IS_NO_RULE.captures_iter(line).filter(|found| {
        found.get(1).is_none() && !IS_NO_ALLOWED.contains(&found.get(2).map_or("", |word| word.as_str()))
    });
    phrases.chain(is_no.map(|found| (found[0].to_owned(), "is not a, is not valid"))).collect()
}

/// Returns the lines of a file that are checked, with their numbers.
fn lines_of(path: &Path, text: &str) -> Vec<(usize, String)> {
    if path.extension().is_none_or(|extension| extension != "rs") {
        return text.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned())).collect();
    }
    let mut lines = Vec::new();
    for (offset, part) in texts_of(text) {
        let first = text[..offset].matches('\n').count() + 1;
        lines.extend(part.lines().enumerate().map(|(index, line)| (first + index, line.to_owned())));
    }
    lines
}

fn checked_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found: Vec<_> = ["src", "tests", "examples", "benches", "config"]
        .iter()
        .flat_map(|folder| files(&root.join(folder), &["rs", "md", "toml", "py", "sh"]))
        .collect();
    found.extend(["README.md", "CHANGELOG.md", "Cargo.toml", "tests/run"].map(|file| root.join(file)));
    found.retain(|path| !SKIPPED.iter().any(|skipped| path.ends_with(skipped)));
    found
}

#[test]
fn comments_messages_and_documents_are_plain() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut errors = Vec::new();
    for path in checked_files() {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in lines_of(&path, &text) {
            for (phrase, better) in faults(&line) {
                let file = path.strip_prefix(root).unwrap().display();
                errors.push(format!("{file}:{number}: \"{phrase}\"; better: {better}"));
            }
        }
    }
    assert!(errors.is_empty(), "{} phrases that must be read twice:\n{}", errors.len(), errors.join("\n"));
}

#[test]
fn no_field_is_called_words() {
    let field = Regex::new(r"(?m)^\s+(?:pub(?:\([^)]*\))? )?words: ").unwrap();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &["rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(!field.is_match(&text), "{}: a field is called `words`", path.display());
    }
}

#[test]
fn phrases_are_found_and_exceptions_hold() {
    for (line, is_plain) in [
        ("/// One of so many Fetchers.", false),
        ("// it is no URL", false),
        ("// there is no URL; the host is no longer known", true),
        ("\"`x` is no header\"", false),
        ("// RFC 9309: \"there is none of which\"", true),
        ("// Returns the record after the barrier.", true),
    ] {
        assert_eq!(faults(line).is_empty(), is_plain, "{line}");
    }
}
