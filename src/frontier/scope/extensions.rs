//! `scope.exclude_extensions`

use crate::{error::ConfigError, urls::canonical::escaped};

/// Returns the extensions in canonical form, each with its dot. Adds invalid ones to `errors`.
pub(super) fn extensions(texts: &[String], errors: &mut Vec<ConfigError>) -> Vec<String> {
    let mut extensions = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        // `*.zip` and `.zip` are common ways to write `zip`.
        let name = text.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(text);
        let name = name.strip_prefix('.').unwrap_or(name);
        let is_valid = !name.is_empty()
            && !name.starts_with('.')
            && !name.contains(|character: char| character <= ' ' || "/\\?#*[]{}".contains(character));
        if is_valid {
            extensions.push(format!(".{}", escaped(name)));
        } else {
            let message = format!("`{text}` can never match: expected an extension such as zip or tar.gz");
            let key = format!("scope.exclude_extensions[{index}]");
            errors.push(ConfigError { origin: "config".to_owned(), key, message });
        }
    }
    extensions
}

/// Returns true if the name of a page ends with an extension, not case-sensitive.
pub(super) fn has_extension(page: &str, extension: &str) -> bool {
    let end = page.len().checked_sub(extension.len()).and_then(|at| page.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_written_with_or_without_a_dot() {
        let texts = [".zip", "*.Exe", "tar.gz", "%7e", "dé", "", ".", "*", "a/b", "..x", " pdf"].map(str::to_owned);
        let mut errors = Vec::new();
        assert_eq!(extensions(&texts, &mut errors), [".zip", ".Exe", ".tar.gz", ".~", ".d%C3%A9"]);
        assert_eq!(errors.len(), 6);
        assert_eq!(
            (errors[0].key.as_str(), errors[5].key.as_str()),
            ("scope.exclude_extensions[5]", "scope.exclude_extensions[10]")
        );
        for (page, found) in [("x.ZIP", true), ("zip", false), (".zip", true), ("x.zip.txt", false), ("é", false)] {
            assert_eq!(has_extension(page, ".zip"), found, "{page}");
        }
    }
}
