//! An exporter with its place in the crawl.

use std::fmt;

use bytes::Bytes;

use super::exporter::{ExportError, Exporter, Position};
use crate::{
    error::{Error, Result},
    store::{Durability, SinkId},
};

/// Exporter with what the crawl knows about it.
pub(crate) struct ExporterSlot {
    /// Identifies it in commits.
    pub(crate) id: SinkId,
    /// Identifies it in logs and errors.
    pub(crate) name: String,
    /// It gets only records of requests with this label; `None` = all records.
    pub(crate) label: Option<String>,
    pub(crate) exporter: Box<dyn Exporter>,
}

impl fmt::Debug for ExporterSlot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, name, label, exporter: _ } = self;
        formatter
            .debug_struct("ExporterSlot")
            .field("id", id)
            .field("name", name)
            .field("label", label)
            .finish_non_exhaustive()
    }
}

impl ExporterSlot {
    /// Returns the output to its position in the last commit. Call it before each [`start`](super::start), on a thread
    /// that may block.
    ///
    /// # Errors
    /// The exporter's: the output is not as it was left.
    pub(crate) fn recover(&mut self, positions: &[(SinkId, Bytes)]) -> Result<()> {
        let position = positions.iter().find(|(id, _)| *id == self.id).map(|(_, bytes)| Position(bytes.clone()));
        let result = self.exporter.recover(position.as_ref());
        result.map_err(|error| self.error(error))
    }

    /// Continues the output at its end, because its position was lost.
    ///
    /// # Errors
    /// The exporter's: the output is missing.
    pub(crate) fn adopt(&mut self) -> Result<()> {
        let result = self.exporter.adopt();
        result.map_err(|error| self.error(error))
    }

    /// Flushes the output and returns its position.
    ///
    /// # Errors
    /// The exporter's: the output cannot be written.
    pub(crate) fn position(&mut self, durability: Durability) -> Result<Bytes> {
        let result = self.exporter.flush(durability);
        result.map(|Position(bytes)| bytes).map_err(|error| self.error(error))
    }

    fn error(&self, error: ExportError) -> Error {
        Error::Exporter { exporter: self.name.clone(), message: error.to_string() }
    }
}
