//! Parts of a query.

/// The name of a query parameter, as it is written.
pub(crate) fn name_of(part: &str) -> &str {
    part.split('=').next().unwrap_or_default()
}
