//! TODO: what is in here.

pub(crate) mod file_position;
pub(crate) mod jsonl;
pub(crate) mod memory;
pub(crate) mod stdout;
