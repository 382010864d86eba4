//! `[store]`

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::units::ByteSize;

/// `[store]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The engine.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The state directory (`--state`).
    pub path: Option<PathBuf>,
    /// Memory for the engine and what stands in front of it.
    pub memory: ByteSize,
    /// Hosts in memory at the same time.
    pub hosts: usize,
    /// Longest time between two commits.
    #[serde(with = "crate::units::duration")]
    pub commit_interval: Duration,
    /// Settlements in one commit, at most.
    pub commit_batch: usize,
    /// What a commit survives.
    pub durability: Durability,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            kind: Kind::Memory,
            path: None,
            memory: ByteSize(256 << 20),
            hosts: 65536,
            commit_interval: Duration::from_millis(200),
            commit_batch: 4096,
            durability: Durability::Fsync,
        }
    }
}

/// `store.type`. The embedded and the Redis engine are to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// In this process only.
    #[default]
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
