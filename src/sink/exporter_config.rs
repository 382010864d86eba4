//! What each kind of sink defines.

use std::path::{Path, PathBuf};

use super::exporter::Exporter;
use crate::{error::ConfigError, messages::control::Control};

/// Configuration of one kind of sink, which checks and builds itself.
pub(crate) trait ExporterConfig {
    /// Name in logs and errors. Its last path component is part of the crawl's identity.
    fn name(&self) -> String;

    /// Label of the requests whose records are written; `None` = all records.
    fn label(&self) -> Option<&str>;

    /// File that is written (key `path`). Two sinks must not write one file.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// Directory that is written to, whose free space is watched.
    fn directory(&self) -> Option<PathBuf> {
        let parent = self.file()?.parent()?;
        Some(if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() })
    }

    /// Returns every error of this table, whose key is `table`, such as `sink[0]`.
    fn check(&self, table: &str) -> Vec<ConfigError>;

    /// Builds the exporter.
    fn build(&self, control: &Control) -> Box<dyn Exporter>;
}
