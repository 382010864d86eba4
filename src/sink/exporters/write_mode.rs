//! `sink.mode`

use serde::{Deserialize, Serialize};

/// What happens to a file that exists before a new crawl.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteMode {
    /// Its content stays, and records are appended.
    #[default]
    Append,
    /// The file is emptied at the start of a crawl. A resumed crawl continues it.
    Replace,
}
