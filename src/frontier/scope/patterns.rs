//! Patterns over URLs.

use globset::GlobSet;
use url::Url;

use crate::{
    error::ConfigError,
    urls::{
        canonical::canonical_url,
        glob::{glob_set, url_globs},
    },
};

/// Returns the first pattern that matches a URL, and its index.
pub(crate) fn matching<'p>(patterns: &'p [String], url: &Url) -> Option<(usize, &'p str)> {
    let url = canonical_url(url);
    let matches = |pattern: &String| {
        let one = Patterns::new("", std::slice::from_ref(pattern), &mut Vec::new());
        one.is_some_and(|one| one.match_any(url.as_str()))
    };
    patterns.iter().enumerate().find(|(_, pattern)| matches(pattern)).map(|(index, pattern)| (index, pattern.as_str()))
}

/// Globs and regular expressions over whole URLs in canonical form.
#[derive(Clone, Debug)]
pub(super) struct Patterns {
    globs: GlobSet,
    regexes: regex::RegexSet,
}

impl Patterns {
    /// Compiles the patterns of a key. `None` without any. Adds invalid ones to `errors`.
    pub(super) fn new(key: &str, texts: &[String], errors: &mut Vec<ConfigError>) -> Option<Self> {
        if texts.is_empty() {
            return None;
        }
        let mut globs = Vec::new();
        let mut regexes = Vec::new();
        let mut bad = |index: usize, message: String| {
            errors.push(ConfigError { origin: "config".to_owned(), key: format!("{key}[{index}]"), message });
        };
        for (index, text) in texts.iter().enumerate() {
            match text.strip_prefix("re:") {
                Some(expression) => match regex::Regex::new(expression) {
                    Ok(_) => regexes.push(expression),
                    Err(error) => bad(index, format!("`{text}` is not a valid regular expression: {error}")),
                },
                None => match url_globs(text) {
                    Ok(canonical) => globs.extend(canonical),
                    Err(message) => bad(index, format!("`{text}`: {message}")),
                },
            }
        }
        let globs = glob_set(globs).map_err(|error| bad(0, error)).ok()?;
        let regexes = regex::RegexSet::new(regexes).map_err(|error| bad(0, error.to_string())).ok()?;
        Some(Self { globs, regexes })
    }

    /// Returns true if a pattern matches a canonical URL.
    pub(super) fn match_any(&self, url: &str) -> bool {
        self.globs.is_match(url) || self.regexes.is_match(url)
    }
}
