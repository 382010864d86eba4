//! `[store]`

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::base::units::ByteSize;

/// `[store]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The engine.
    #[serde(rename = "type")]
    pub kind: StoreKind,
    /// The state directory (`--state`); empty: none.
    pub path: PathBuf,
    /// Whether the state directory must not exist yet (`--fresh`).
    pub fresh: bool,
    /// Memory for the engine and what stands in front of it.
    pub memory: ByteSize,
    /// Active hosts, at most: the others rest in the store and take turns.
    pub hosts: usize,
    /// Longest time between two commits.
    #[serde(with = "crate::base::units::duration")]
    pub commit_interval: Duration,
    /// Settlements in one commit, at most.
    pub commit_batch: usize,
    /// What a commit survives.
    pub durability: Durability,
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
    /// Whether nothing says where the state lives: then it is lost with the process.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.kind == StoreKind::Auto && self.path.as_os_str().is_empty()
    }

    /// The engine of this configuration.
    #[must_use]
    pub(crate) fn engine(&self) -> Engine<'_> {
        match self.kind {
            StoreKind::Auto if self.is_undecided() => Engine::Memory,
            StoreKind::Memory => Engine::Memory,
            StoreKind::Auto | StoreKind::Embedded => Engine::Embedded(&self.path),
        }
    }
}

/// Where the state of a crawl lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine<'c> {
    /// In this process only.
    Memory,
    /// In this directory.
    Embedded(&'c Path),
}

/// `store.type`. The Redis engine is to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// Embedded if there is a path, else memory.
    #[default]
    Auto,
    /// In a state directory, which survives the process.
    Embedded,
    /// In this process only.
    Memory,
}

/// `store.durability`: what a commit, and the records before it, survive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// The loss of power: every commit waits until the disk has it.
    #[default]
    Fsync,
    /// The death of the process.
    Os,
}
