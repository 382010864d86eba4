//! The Parser plays the callback role.

mod config;

pub use config::Config;
