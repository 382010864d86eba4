//! Forms of URLs: the canonical one, and what `[urls]` rewrites.

pub(crate) mod canonical;
pub(crate) mod host_pattern;
pub(crate) mod rewrite;
mod session;
mod tracking;

pub use canonical::{canonical, registrable};
