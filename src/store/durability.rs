//! `store.durability`

use serde::{Deserialize, Serialize};

/// `store.durability`: what a commit, and the records before it, survive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// A power failure: every commit waits until the disk has it.
    #[default]
    Fsync,
    /// The death of the process.
    Os,
}
