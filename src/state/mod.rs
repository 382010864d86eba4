//! State directories from outside a crawl: what is in one, whether it is sound, and what can be saved of it.
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
