//! The files of `crawl.seed_files`.

use std::{
    io,
    path::{Path, PathBuf},
};

use globset::Glob;

use crate::error::{Error, Result};

/// Returns the files of a list, in order. A file name may be a glob (`seeds/*.txt`), which is replaced by the matching files
/// of its folder, sorted by name.
///
/// # Errors
/// If a glob is not valid or matches nothing, or if its folder cannot be read.
pub(crate) fn expand(list: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in list {
        match path.file_name().and_then(|name| name.to_str()) {
            // An existing file of this name takes precedence over the glob.
            Some(name) if name.contains(['*', '?', '[', '{']) && !path.exists() => files.extend(matching(path, name)?),
            Some(_) | None => files.push(path.clone()),
        }
    }
    Ok(files)
}

fn matching(path: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let failed = |error| Error::File { path: path.to_owned(), error };
    let bad = |error: globset::Error| failed(io::Error::new(io::ErrorKind::InvalidInput, error));
    let glob = Glob::new(pattern).map_err(bad)?.compile_matcher();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if glob.is_match(entry.file_name()) && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(failed(io::Error::new(io::ErrorKind::NotFound, "no file matches")));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_expand_to_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.txt", "a.txt", "c.csv", "[x].txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let path = |name: &str| folder.path().join(name);
        let found = expand(&[path("c.csv"), path("?.txt"), path("[x].txt"), "-".into(), path("none")]).unwrap();
        assert_eq!(found, [path("c.csv"), path("a.txt"), path("b.txt"), path("[x].txt"), "-".into(), path("none")]);
        let error = expand(&[path("*.toml")]).unwrap_err().to_string();
        assert!(error.ends_with("*.toml: no file matches"), "{error}");
    }
}
