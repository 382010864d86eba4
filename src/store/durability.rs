//! `store.durability`

use serde::{Deserialize, Serialize};

/// `store.durability`: the failures that a commit, and the records before it, survive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Power failure: every commit waits until the disk has it.
    #[default]
    Fsync,
    /// Death of the process.
    Os,
}
