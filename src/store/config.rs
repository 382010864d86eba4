//! `[store]`

use std::{path::PathBuf, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    durability::Durability,
    embedded::{EmbeddedEngine, Setup},
    engine::Engine,
    memory::MemoryStore,
};
use crate::base::units::ByteSize;

/// `[store]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Kind of store.
    #[serde(rename = "type")]
    pub kind: StoreKind,
    /// State directory (`--state`); empty if there is none.
    pub path: PathBuf,
    /// Whether the state directory must not exist yet (`--fresh`).
    pub fresh: bool,
    /// Memory of the database, and of the filters before it.
    pub memory: ByteSize,
    /// Maximum number of active hosts. The others are rows in the store, and become active in turn.
    pub hosts: usize,
    /// Maximum time between two commits.
    #[serde(with = "crate::base::units::duration")]
    pub commit_interval: Duration,
    /// Maximum number of settlements per commit.
    pub commit_batch: usize,
    /// Failures that a commit survives.
    pub durability: Durability,
}

/// `store.type`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// `embedded` if `path` is set, otherwise `memory`.
    #[default]
    Auto,
    /// In a state directory, which survives the process.
    Embedded,
    /// In this process only.
    Memory,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            kind: StoreKind::Auto,
            path: PathBuf::new(),
            fresh: false,
            memory: ByteSize(256 << 20),
            hosts: 65536,
            commit_interval: Duration::from_millis(200),
            commit_batch: 4096,
            durability: Durability::Fsync,
        }
    }
}

impl Config {
    /// Returns true if neither a type nor a path is set, so that the state is lost with the process.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.kind == StoreKind::Auto && self.path.as_os_str().is_empty()
    }

    /// Creates the engine of this configuration.
    #[must_use]
    pub(crate) fn engine(&self) -> Arc<dyn Engine> {
        match self.kind {
            StoreKind::Auto if self.is_undecided() => Arc::new(MemoryStore::new()),
            StoreKind::Memory => Arc::new(MemoryStore::new()),
            StoreKind::Auto | StoreKind::Embedded => Arc::new(EmbeddedEngine::new(Setup {
                path: self.path.clone(),
                memory: self.memory.0,
                durability: self.durability,
            })),
        }
    }
}
