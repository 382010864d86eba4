//! The modules' layers: whatever names another module of the crate points down, and the pure ones stay pure.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Step by step, lowest first: ranks 0 to 6, of which rank 1 has two steps. A module names only what stands on lower
/// steps; where order counts, also what stands left of it.
const STEPS: [&[&str]; 8] = [
    &["base", "error", "failure", "side_table", "urls", "http", "keys", "robots", "sitemap", "outcome", "record"],
    &["runtime"],
    &["store", "transport"],
    &["frontier", "report", "messages"],
    &["scheduler", "fetcher", "parser", "sink"],
    &["config"],
    &["crawler", "state", "bench"],
    &["cli", "main"],
];

/// Steps on which order counts: ranks 0 and 2.
const ORDERED: [usize; 2] = [0, 3];

/// Pairs that point up all the same, each with its reason.
const EXCEPTIONS: [(&str, &str); 1] = [
    // What ends a crawl has one type, and a store's failure is among it.
    ("error", "store"),
];

/// What a module that is only logic does not name.
const IMPURE: [&str; 12] = [
    "actix",
    "actix_rt",
    "awc",
    "tokio",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "fs",
    "Instant",
    "SystemTime",
    "thread",
    "Clock",
];

#[test]
fn every_path_points_down() {
    let mut faults = Vec::new();
    for (file, module, code) in sources() {
        for named in modules_named(&code) {
            if !is_below(&named, &module) && !EXCEPTIONS.contains(&(module.as_str(), named.as_str())) {
                faults.push(format!("{}: `{module}` names `crate::{named}`", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "these do not point down:\n{}", faults.join("\n"));
}

#[test]
fn the_frontier_and_what_lies_lowest_are_pure() {
    let mut faults = Vec::new();
    for (file, module, code) in sources() {
        if module != "frontier" && !STEPS[0].contains(&module.as_str()) {
            continue;
        }
        let impure = words(&code).filter(|word| IMPURE.contains(word)).collect::<BTreeSet<_>>();
        faults.extend(impure.iter().map(|word| format!("{}: names `{word}`", file.display())));
    }
    assert!(faults.is_empty(), "these are not pure:\n{}", faults.join("\n"));
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let code = code_of(
        "use crate::{a::{b, c}, d}; // crate::e\nfn f(x: crate::g::H) -> &str { \"crate::i\" }\nuse crate::j as k;\n\
         const QUOTE: char = '\"'; fn l<'a>(m: &'a crate::n::O) {} /* crate::p */ const R: &str = r#\"\"crate::s\"#;",
    );
    assert_eq!(modules_named(&code).into_iter().collect::<Vec<_>>(), ["a", "d", "g", "j", "n"]);
}

/// Whether `module` may name `named`.
fn is_below(named: &str, module: &str) -> bool {
    let place = |name: &str| {
        STEPS.iter().enumerate().find_map(|(step, row)| Some((step, row.iter().position(|member| *member == name)?)))
    };
    let (Some((step, left)), Some((own_step, own_left))) = (place(named), place(module)) else { return false };
    named == module || step < own_step || (step == own_step && ORDERED.contains(&step) && left < own_left)
}

/// Every source file but `lib.rs`, with the name of its top module and its text without comments and literals.
fn sources() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let inside = path.strip_prefix(&root).unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && inside != Path::new("lib.rs") {
                let top = inside.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
                sources.push((inside, top, code_of(&fs::read_to_string(path).unwrap())));
            }
        }
    }
    assert!(sources.len() > 20, "the sources are not where this test looks for them");
    sources
}

/// The first segment of each path that begins with `crate::`, also of those in a group.
fn modules_named(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => named.extend(first_segments(group)),
            None => named.extend(words(rest).next().map(str::to_owned)),
        }
    }
    named
}

/// The first segment of each member of a group whose opening brace is already read.
fn first_segments(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut members = vec![String::new()];
    for character in group.chars() {
        match (character, depth) {
            ('}', 0) => break,
            (',', 0) => members.push(String::new()),
            ('{', _) => depth += 1,
            ('}', _) => depth -= 1,
            (_, 0) => members.last_mut().unwrap().push(character),
            (_, _) => {}
        }
    }
    members.iter().filter_map(|member| Some(words(member).next()?.to_owned())).collect()
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|character: char| !character.is_alphanumeric() && character != '_').filter(|word| !word.is_empty())
}

/// Rust source without comments, strings and characters.
fn code_of(source: &str) -> String {
    let not_code = concat!(
        r#"(?s)//[^\n]*|/\*.*?\*/"#,
        r##"|r"[^"]*"|r#".*?"#"##,
        r#"|"(?:\\.|[^"\\])*""#,
        r#"|'(?:\\[^']+|\\'|[^'\\])'"#,
    );
    regex::Regex::new(not_code).unwrap().replace_all(source, " ").into_owned()
}
