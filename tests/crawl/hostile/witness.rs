//! What curl and Chromium make of each row: witnesses.txt, which `witness.py` writes. The expected outcome is what one of
//! them does, or its row says why not.

use std::collections::BTreeMap;

use super::row::{Expected, Row};

/// `path | curl | Chromium`, in lines.
const WITNESSES: &str = include_str!("witnesses.txt");

/// What there can be of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The path's own page, or that of the place where it leads.
    Page,
    /// No body.
    Empty,
    /// A body that is neither.
    Other,
    /// No answer, or not all of it.
    Nothing,
}

/// By path, in their words: what curl said, and Chromium.
fn witnesses() -> BTreeMap<&'static str, [&'static str; 2]> {
    let lines = WITNESSES.lines().filter(|line| !line.starts_with('#'));
    let fields = lines.map(|line| line.split(" | ").collect::<Vec<_>>());
    fields.map(|fields| (fields[0], [fields[1], fields[2]])).collect()
}

fn told(words: &str) -> Kind {
    match words.split(' ').next().unwrap() {
        "page" | "lands" => Kind::Page,
        "empty" => Kind::Empty,
        "other" => Kind::Other,
        _ => Kind::Nothing,
    }
}

fn wanted(expected: &Expected) -> Kind {
    match expected {
        Expected::Own | Expected::Lands(_) => Kind::Page,
        Expected::Body("") | Expected::NotModified => Kind::Empty,
        Expected::Body(_) => Kind::Other,
        Expected::Fails(_) | Expected::Rejected(_) => Kind::Nothing,
    }
}

/// What a row lacks: its witnesses, or a reason to differ from both.
fn fault(row: &Row) -> Option<String> {
    let Some(words) = witnesses().get(row.path).copied() else { return Some(format!("{}: run witness.py", row.path)) };
    // A status that nobody admits is a matter of the crawl's, whatever its body.
    let is_agreed = row.expected == Expected::Rejected("status") || words.map(told).contains(&wanted(&row.expected));
    let is_own = ["fetcher.", "scope.", "limit", "never whole"].iter().any(|word| row.why.contains(word));
    // What is cut is never taken for whole, whatever they do. What the standards say counts where the two are not of one mind.
    let are_divided = told(words[0]) != told(words[1]);
    let is_explained = is_own || are_divided && ["RFC ", "Fetch"].iter().any(|word| row.why.contains(word));
    (!is_agreed && !is_explained).then(|| format!("{}: {:?}, but {words:?}", row.path, row.expected))
}

#[test]
fn the_tables_agree_with_curl_or_chromium_or_say_why_not() {
    let faults: Vec<_> = super::rows().iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{} rows:\n{}", faults.len(), faults.join("\n"));
}
