//! The trait of a kind of store, which `store.type` selects.

use std::path::Path;

use super::{inspect::Inspect, traits::Store};
use crate::error::StoreError;

/// A kind of store with its settings. Stays the same when a pipeline is rebuilt.
pub(crate) trait Engine: Send + Sync {
    /// Returns the state directory, if the engine has one.
    fn directory(&self) -> Option<&Path>;

    /// Opens the crawl with these outputs. Blocks.
    ///
    /// # Errors
    /// Refused, damaged, unavailable or full; the message includes the way out.
    fn open(&self, mode: OpenMode, outputs: &[String]) -> Result<Box<dyn Store>, StoreError>;

    /// Opens the stored crawl for tools; `None` if this engine stores nothing beyond the process. Blocks.
    ///
    /// # Errors
    /// Like [`Engine::open`]; also refused if a crawl is using it.
    fn inspect(&self) -> Result<Option<Box<dyn Inspect>>, StoreError>;
}

/// Handling of an existing crawl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenMode {
    /// Resumes the crawl, or creates a new one.
    ResumeOrCreate,
    /// Creates a new crawl; even an empty directory in its place is an error.
    CreateNew,
    /// Creates a crawl in a directory that a [`Build`](super::Build) has made for it.
    Build,
}
