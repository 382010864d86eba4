//! `sink.mode`

use serde::{Deserialize, Serialize};

/// What happens to a file that exists before a new crawl.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteMode {
    /// Its content stays, and records are appended.
    #[default]
    Append,
    /// It is emptied. A resumed crawl continues it.
    Replace,
}
