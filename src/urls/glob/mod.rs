//! Globs of the configuration, in the canonical form of what they are compared with.
//!
//! People write `~bob`, `café` and `bücher.example`; URLs contain other spellings of them. A pattern that can match no URL is
//! an error.
//!
//! | file | contents |
//! |---|---|
//! | `tokens` | characters and wildcards, with braces expanded |
//! | `url` | patterns for whole URLs |
//! | `host` | patterns for hosts, also those within URLs |
//! | `part` | patterns for names in a query or path |

pub(crate) mod host;
mod part;
#[cfg(test)]
mod tests;
mod tokens;
mod url;

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

pub(crate) use self::{part::part_globs, url::url_globs};

/// Returns a set of globs.
///
/// # Errors
/// If they are too large together.
pub(crate) fn glob_set(globs: impl IntoIterator<Item = Glob>) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(glob);
    }
    set.build().map_err(|error| error.to_string())
}

fn build(text: &str, ignores_case: bool) -> Result<Glob, String> {
    GlobBuilder::new(text)
        .case_insensitive(ignores_case)
        .backslash_escape(true)
        .build()
        .map_err(|error| format!("not a valid glob: {error}"))
}
