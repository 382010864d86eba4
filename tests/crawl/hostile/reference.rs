//! The behavior of curl and Chromium for each row: references.txt, written by `reference.py`. The expected result must be
//! that of one of them, unless the row gives a reason.

use std::collections::BTreeMap;

use super::row::{Expected, Row};

/// Lines with `path | curl | Chromium`.
const REFERENCES: &str = include_str!("references.txt");

/// Kind of result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The page of the path itself, or of the redirect target.
    Page,
    /// No body.
    Empty,
    /// Another body.
    Other,
    /// No response, or an incomplete one.
    Nothing,
}

/// Returns the results of curl and Chromium by path.
fn references() -> BTreeMap<&'static str, [&'static str; 2]> {
    let lines = REFERENCES.lines().filter(|line| !line.starts_with('#'));
    let fields = lines.map(|line| line.split(" | ").collect::<Vec<_>>());
    fields.map(|fields| (fields[0], [fields[1], fields[2]])).collect()
}

fn kind(words: &str) -> Kind {
    match words.split(' ').next().unwrap() {
        "page" | "lands" => Kind::Page,
        "empty" => Kind::Empty,
        "other" => Kind::Other,
        _ => Kind::Nothing,
    }
}

fn expected_kind(expected: &Expected) -> Kind {
    match expected {
        Expected::Own | Expected::Lands(_) => Kind::Page,
        Expected::Body("") | Expected::NotModified => Kind::Empty,
        Expected::Body(_) => Kind::Other,
        Expected::Fails(_) | Expected::Rejected(_) => Kind::Nothing,
    }
}

/// Returns what is missing for a row: its references, or a reason to differ from both.
fn fault(row: &Row) -> Option<String> {
    let Some(words) = references().get(row.path).copied() else {
        return Some(format!("{}: run reference.py", row.path));
    };
    // Accepting a status is a decision of the crawl, not of a client.
    let is_agreed =
        row.expected == Expected::Rejected("status") || words.map(kind).contains(&expected_kind(&row.expected));
    let is_own = ["fetcher.", "scope.", "limit", "never whole"].iter().any(|word| row.why.contains(word));
    // An incomplete body is always an error here. Where curl and Chromium disagree, the standard decides.
    let are_divided = kind(words[0]) != kind(words[1]);
    let is_explained = is_own || are_divided && ["RFC ", "Fetch"].iter().any(|word| row.why.contains(word));
    (!is_agreed && !is_explained).then(|| format!("{}: {:?}, but {words:?}", row.path, row.expected))
}

#[test]
fn rows_agree_with_curl_or_chromium_or_have_a_reason() {
    let faults: Vec<_> = super::rows().iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{} rows:\n{}", faults.len(), faults.join("\n"));
}
