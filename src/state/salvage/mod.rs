//! Copies what is readable of a damaged state directory into a new one.
//!
//! | file | contents |
//! |---|---|
//! | `copy` | the copying |
//! | `saved` | its result |

mod copy;
mod saved;

pub use copy::salvage;
pub use saved::Saved;
