//! Globs for names in a query or path.

use globset::Glob;

use super::{
    build,
    tokens::alternatives,
    url::{canonical_text, check_characters},
};

/// Returns the globs of a pattern for a part of a path or query, in canonical form; not case-sensitive.
///
/// The part ends at any of the separators.
///
/// # Errors
/// Why it is not valid, or can never match.
pub(crate) fn part_globs(text: &str, separators: &[char]) -> Result<Vec<Glob>, String> {
    check_characters(text)?;
    if let Some(separator) = text.chars().find(|character| separators.contains(character)) {
        return Err(format!("can never match, because {separator:?} does not belong to the name"));
    }
    alternatives(text)?.iter().map(|tokens| build(&canonical_text(tokens)?, true)).collect()
}
