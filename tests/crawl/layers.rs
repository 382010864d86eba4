//! The structure of the crate: layers, circles of imports, names of types, sizes of files.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use regex::Regex;

use crate::{
    imports::{circles, imports},
    sources::{WithTests, code_of, files, sources, words},
};

/// The layers, lowest first: ranks 0 to 6; rank 1 has two layers. A module imports lower layers only, in
/// [`ORDERED`] layers also what is to its left.
const LAYERS: [&[&str]; 8] = [
    &["base", "error", "failure", "side_table", "urls", "http", "keys", "robots", "sitemap", "outcome", "record"],
    &["runtime"],
    &["store", "transport"],
    &["frontier", "report", "messages"],
    &["scheduler", "fetcher", "parser", "sink"],
    &["config"],
    &["crawler", "state", "bench"],
    &["cli"],
];

/// Layers in which order counts: ranks 0 and 2.
const ORDERED: [usize; 2] = [0, 3];

/// Words that pure modules do not contain.
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

/// Type names that any module may define: they are always qualified by their module.
const QUALIFIED: [&str; 2] = ["Config", "Setup"];

/// Maximum number of lines in a file.
const MAX_LINES: usize = 400;

/// Maximum number of entries in `src/`.
const MAX_ENTRIES: usize = 30;

#[test]
fn imports_point_down() {
    let mut errors = Vec::new();
    for (file, targets) in imports(sources(WithTests::Yes)) {
        for (target, path) in targets {
            if !is_below(top(&target), top(&file)) {
                errors.push(format!("{file} imports crate::{path}"));
            }
        }
    }
    assert!(errors.is_empty(), "imports that do not point down:\n{}", errors.join("\n"));
}

#[test]
fn no_two_files_import_each_other() {
    let circles = circles(&imports(sources(WithTests::No)));
    let imports =
        circles.iter().flat_map(|(file, targets)| targets.values().map(move |path| format!("{file}: {path}")));
    let imports: Vec<_> = imports.collect();
    assert!(imports.is_empty(), "circles of imports:\n{}", imports.join("\n"));
}

#[test]
fn the_frontier_and_the_lowest_layer_are_pure() {
    let mut errors = Vec::new();
    for source in sources(WithTests::Yes) {
        let Some(module) = source.module.first() else { continue };
        if module != "frontier" && !LAYERS[0].contains(&module.as_str()) {
            continue;
        }
        let impure: BTreeSet<_> = words(&source.code).filter(|word| IMPURE.contains(word)).collect();
        errors.extend(impure.iter().map(|word| format!("{}: {word}", source.file.display())));
    }
    assert!(errors.is_empty(), "words in pure modules:\n{}", errors.join("\n"));
}

#[test]
fn a_type_name_is_defined_in_two_modules_at_most() {
    let definition = Regex::new(r"(?m)^(?:pub(?:\([^)]*\))? )?(?:struct|enum|trait|type|union) (\w+)").unwrap();
    let mut modules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources(WithTests::No) {
        for found in definition.captures_iter(&source.code) {
            modules.entry(found[1].to_owned()).or_default().push(source.file.display().to_string());
        }
    }
    modules.retain(|name, files| files.len() > 2 && !QUALIFIED.contains(&name.as_str()));
    assert!(modules.is_empty(), "type names in more than two modules: {modules:#?}");
}

#[test]
fn files_are_short_and_folders_say_what_they_contain() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let entries = fs::read_dir(&root).unwrap().count();
    assert!(entries <= MAX_ENTRIES, "{entries} entries in src/");
    for path in files(&root, &["rs"]) {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{}: {lines} lines", path.display());
        if path.file_name().is_some_and(|name| name == "mod.rs") {
            assert!(text.starts_with("//! ") && !text.contains("TODO"), "{}: no module doc", path.display());
        }
        let folder = path.parent().unwrap();
        assert!(folder == root || folder.join("mod.rs").exists(), "{}: no mod.rs", folder.display());
    }
}

/// Returns the top module of a file.
fn top(file: &str) -> &str {
    file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

/// Returns true if `module` may import `target`.
fn is_below(target: &str, module: &str) -> bool {
    let position = |name: &str| {
        LAYERS.iter().enumerate().find_map(|(layer, row)| Some((layer, row.iter().position(|member| *member == name)?)))
    };
    let (Some((layer, left)), Some((own_layer, own_left))) = (position(target), position(module)) else { return false };
    target == module || layer < own_layer || (layer == own_layer && ORDERED.contains(&layer) && left < own_left)
}

#[test]
fn every_module_has_a_layer() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let module = Regex::new(r"(?m)^(?:pub )?mod (\w+);").unwrap();
    let code = code_of(&lib);
    let unknown: Vec<_> = module.captures_iter(&code).filter(|found| !is_below(&found[1], "cli")).collect();
    assert!(unknown.is_empty(), "modules without a layer: {unknown:?}");
}
