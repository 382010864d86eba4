//! The frontier: all URLs known and their state.

pub mod politeness;
pub mod retry;
pub mod scope;
