//! The Parser plays the callback role.

mod charset;
mod config;
mod decode;
mod dom;
mod scan;

pub use config::Config;
