//! The Sink hands records to the exporters.

pub mod config;
mod exporter;

pub use config::{Config, Kind};
pub use exporter::{ExportError, Exporter, Position};
