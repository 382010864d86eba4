//! The Fetchers.

mod config;

pub use config::{Config, OverLimit, Timeouts};
