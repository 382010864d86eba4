//! Parts of a query.

/// Returns the name of a query parameter, as written.
pub(crate) fn name_of(part: &str) -> &str {
    part.split('=').next().unwrap_or_default()
}
