//! Imports between the crate's files: which file names an item that another one defines.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::sources::{Source, words};

/// For each file the files it imports, each with one item that it names there.
pub(crate) type Imports = BTreeMap<String, BTreeMap<String, String>>;

/// All modules of the crate, to resolve paths.
struct Crate<'s> {
    /// By module path.
    modules: BTreeMap<&'s [String], Module<'s>>,
}

struct Module<'s> {
    source: &'s Source,
    /// Names in scope by `use`, and the absolute path of each.
    uses: BTreeMap<String, Vec<String>>,
    /// Child modules.
    children: BTreeSet<String>,
    /// Names of the items that it defines.
    items: BTreeSet<String>,
    /// Words of its code outside of `use`.
    words: BTreeSet<String>,
    /// What the code names as `module::item` outside of `use`, by module.
    members: BTreeMap<String, BTreeSet<String>>,
    /// Paths in the code that begin with `crate`, `super` or `self`.
    paths: BTreeSet<Vec<String>>,
}

/// Finds the imports between files.
///
/// A re-export that its file does not use itself is not an import. A path is followed through re-exports to the file that
/// defines the item.
pub(crate) fn imports<'s>(sources: impl Iterator<Item = &'s Source>) -> Imports {
    let modules = sources.filter(|source| !source.module.is_empty());
    let all = Crate { modules: modules.map(|source| (&source.module[..], Module::new(source))).collect() };
    all.modules.values().map(|module| (name(module.source), all.imports_of(module))).collect()
}

/// Returns the imports that are part of a circle: those from whose target a way leads back.
pub(crate) fn circles(imports: &Imports) -> Imports {
    let mut left = imports.clone();
    for (file, targets) in &mut left {
        targets.retain(|target, _| reaches(imports, target, file));
    }
    left.retain(|_, targets| !targets.is_empty());
    left
}

/// Returns true if a way of imports leads from one file to another.
fn reaches(imports: &Imports, from: &str, to: &str) -> bool {
    let (mut known, mut waiting) = (BTreeSet::from([from]), vec![from]);
    while let Some(file) = waiting.pop() {
        if file == to {
            return true;
        }
        let targets = imports.get(file).into_iter().flat_map(BTreeMap::keys).map(String::as_str);
        waiting.extend(targets.filter(|target| known.insert(target)));
    }
    false
}

fn name(source: &Source) -> String {
    source.file.display().to_string()
}

impl<'s> Module<'s> {
    fn new(source: &'s Source) -> Self {
        let code = &source.code;
        let item = Regex::new(r"(?m)^[ \t]*(?:pub(?:\([^)]*\))?\s+)?use\s+([^;]*);").unwrap();
        let child = Regex::new(r"(?m)^[ \t]*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;").unwrap();
        let children: BTreeSet<_> = child.captures_iter(code).map(|found| found[1].to_owned()).collect();
        let mut uses = BTreeMap::new();
        for found in item.captures_iter(code) {
            for (path, alias) in use_paths(&found[1]) {
                if let Some(path) = absolute(&path, &source.module, &children) {
                    uses.insert(alias.or(path.last().cloned()).unwrap_or_default(), path);
                }
            }
        }
        let body = item.replace_all(code, "");
        let definition = Regex::new(r"\b(?:struct|enum|trait|type|fn|const|static|mod)\s+(\w+)").unwrap();
        let member = Regex::new(r"(?:^|[^\w:])(\w+)::(\w+)").unwrap();
        let path = Regex::new(r"\b(?:crate|super|self)(?:::\w+)+").unwrap();
        let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for found in member.captures_iter(&body) {
            members.entry(found[1].to_owned()).or_default().insert(found[2].to_owned());
        }
        let split = |path: regex::Match<'_>| path.as_str().split("::").map(str::to_owned).collect();
        Self {
            source,
            uses,
            children,
            items: definition.captures_iter(&body).map(|found| found[1].to_owned()).collect(),
            words: words(&body).map(str::to_owned).collect(),
            paths: path.find_iter(&body).map(split).collect(),
            members,
        }
    }
}

impl Crate<'_> {
    fn imports_of(&self, module: &Module<'_>) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut add = |path: &[String]| {
            if let Some(target) = self.file_of(path, 0).filter(|target| *target != name(module.source)) {
                found.insert(target, path.join("::"));
            }
        };
        let members = |name: &str| module.members.get(name).into_iter().flatten();
        for (name, path) in &module.uses {
            if self.modules.contains_key(&path[..]) {
                // A module: what counts is which of its items are named.
                members(name).for_each(|item| add(&joined(path, item)));
            } else if module.words.contains(name) {
                add(path);
            }
        }
        for child in &module.children {
            let path = joined(&module.source.module, child);
            members(child).for_each(|item| add(&joined(&path, item)));
        }
        for path in &module.paths {
            absolute(path, &module.source.module, &module.children).iter().for_each(|path| add(path));
        }
        found
    }

    /// Returns the file that defines the item at an absolute path.
    fn file_of(&self, path: &[String], depth: u8) -> Option<String> {
        let end = (1..=path.len()).rev().find(|end| self.modules.contains_key(&path[..*end]))?;
        let module = &self.modules[&path[..end]];
        let reexport =
            path.get(end).filter(|item| !module.items.contains(*item)).and_then(|item| module.uses.get(item));
        match reexport {
            Some(target) if depth < 8 => self.file_of(&[target, &path[end + 1..]].concat(), depth + 1),
            Some(_) | None => Some(name(module.source)),
        }
    }
}

fn joined(path: &[String], item: &str) -> Vec<String> {
    [path, &[item.to_owned()]].concat()
}

/// Resolves a path to one from the root of the crate. `None` for other crates.
fn absolute(path: &[String], module: &[String], children: &BTreeSet<String>) -> Option<Vec<String>> {
    let supers = path.iter().take_while(|part| *part == "super").count();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => Some([module.get(..module.len().checked_sub(supers)?)?, &path[supers..]].concat()),
        first if children.contains(first) => Some([module, path].concat()),
        _ => None,
    }
}

/// Expands a tree of imports: `a::{b, c as d, e::*}` has three paths.
fn use_paths(tree: &str) -> Vec<(Vec<String>, Option<String>)> {
    let tree = tree.trim();
    let Some((prefix, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias)));
        let path: Vec<_> = words(path).map(str::to_owned).collect();
        return vec![(path, alias.map(|alias| alias.trim().to_owned()))];
    };
    let prefix: Vec<_> = words(prefix).map(str::to_owned).collect();
    let members = members_of(group.strip_suffix('}').unwrap_or(group));
    let paths = members.iter().flat_map(|member| use_paths(member));
    let join = |path: Vec<String>| if path == ["self"] { prefix.clone() } else { [&prefix[..], &path].concat() };
    paths.map(|(path, alias)| (join(path), alias)).collect()
}

/// Splits the members of a group at its commas.
fn members_of(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut members = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(String::new());
                continue;
            }
            _ => {}
        }
        members.last_mut().unwrap().push(character);
    }
    members.retain(|member| !member.trim().is_empty());
    members
}

mod tests {
    use super::*;

    fn source(module: &[&str], code: &str) -> Source {
        let module: Vec<_> = module.iter().map(|part| (*part).to_owned()).collect();
        Source { file: format!("{}.rs", module.join("/")).into(), module, code: code.to_owned() }
    }

    #[test]
    fn trees_of_imports_are_expanded() {
        let paths = use_paths("crate::{a::{b, self}, c as d}");
        let texts: Vec<_> = paths.iter().map(|(path, alias)| (path.join("::"), alias.clone())).collect();
        let text = |text: &str| text.to_owned();
        assert_eq!(texts, [(text("crate::a::b"), None), (text("crate::a"), None), (text("crate::c"), Some(text("d")))]);
    }

    #[test]
    fn paths_are_followed_to_the_defining_file() {
        let sources = [
            source(&["a"], "pub(crate) use b::B;\nmod b;\n"),
            source(&["a", "b"], "use crate::c;\npub(crate) struct B(c::C);\n"),
            source(&["c"], "use crate::a::B;\npub(crate) struct C;\nfn f(b: B) {}\n"),
        ];
        let found = imports(sources.iter());
        assert!(found["a.rs"].is_empty(), "{found:?}");
        assert_eq!(found["a/b.rs"].keys().collect::<Vec<_>>(), ["c.rs"]);
        assert_eq!(found["c.rs"].keys().collect::<Vec<_>>(), ["a/b.rs"]);
        assert_eq!(circles(&found).keys().collect::<Vec<_>>(), ["a/b.rs", "c.rs"]);
    }
}
