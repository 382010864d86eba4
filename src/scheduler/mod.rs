//! The Scheduler.

mod config;

pub use config::Config;
