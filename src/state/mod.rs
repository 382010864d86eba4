//! Tools for a state directory: summarize, export, check, salvage.
//!
//! | file | contents |
//! |---|---|
//! | `summary` | outputs and counters |
//! | `export` | every row as JSON |
//! | `check` | reads all rows and compares them |
//! | `salvage` | copies what is readable into a new directory |
//!
//! Each function locks the directory, and fails while a crawl is using it.

mod check;
mod export;
mod salvage;
mod summary;

pub use crate::store::Extent;
pub use check::check;
pub use export::export;
pub use salvage::{Saved, salvage};
pub use summary::{Summary, summary};
