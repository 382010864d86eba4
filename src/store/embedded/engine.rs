//! The engine of `store.type = "embedded"`.

use std::path::Path;

use super::{
    state_reader::open_directory,
    store::{EmbeddedStore, Setup},
};
use crate::{
    error::StoreError,
    store::{
        engine::{Engine, OpenMode},
        inspect::Inspect,
        traits::Store,
    },
};

/// Opens the crawl of a state directory.
#[derive(Debug)]
pub(crate) struct EmbeddedEngine {
    setup: Setup,
}

impl EmbeddedEngine {
    /// Creates the engine of a state directory.
    pub(crate) fn new(setup: Setup) -> Self {
        Self { setup }
    }
}

impl Engine for EmbeddedEngine {
    fn directory(&self) -> Option<&Path> {
        Some(&self.setup.path)
    }

    fn open(&self, mode: OpenMode, outputs: &[String]) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(EmbeddedStore::open(self.setup.clone(), mode, outputs)?))
    }

    fn inspect(&self) -> Result<Option<Box<dyn Inspect>>, StoreError> {
        open_directory(&self.setup.path).map(Some)
    }
}
