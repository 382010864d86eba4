//! The trait of all outputs, also of those that users write.

use bytes::Bytes;

use crate::{record::Record, store::Durability};

/// Error of an exporter: a message for the operator with the cause, the place, and the way out.
pub type ExportError = Box<dyn std::error::Error + Send + Sync>;

/// Position of an output, in the exporter's own format.
///
/// It is stored with each commit and passed to [`Exporter::recover`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position(pub Bytes);

/// An output for records.
///
/// Each exporter runs on its own thread, so it may block. Its methods are called one at a time, and each call of
/// [`write`](Self::write) has all records of one page.
///
/// After a crash, and after any part of the pipeline died, [`recover`](Self::recover) is called before anything else. It
/// removes what was written after the last commit, so nothing is written twice.
///
/// ```
/// use lycosa::{Durability, ExportError, Exporter, Position, Record};
///
/// /// Counts records without keeping them.
/// #[derive(Default)]
/// struct Count(u64);
///
/// impl Exporter for Count {
///     fn write(&mut self, records: &[Record]) -> Result<(), ExportError> {
///         self.0 += records.len() as u64;
///         Ok(())
///     }
///
///     fn flush(&mut self, _: Durability) -> Result<Position, ExportError> {
///         Ok(Position(self.0.to_be_bytes().to_vec().into()))
///     }
///
///     fn recover(&mut self, position: Option<&Position>) -> Result<(), ExportError> {
///         self.0 = match position {
///             Some(position) => u64::from_be_bytes(position.0[..].try_into()?),
///             None => 0,
///         };
///         Ok(())
///     }
/// }
/// ```
pub trait Exporter: Send {
    /// Writes the records of one page: all of them, or none and an error.
    ///
    /// # Errors
    /// If nothing was written; the call is repeated with the same records, and the crawl waits.
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError>;

    /// Writes everything through to where `durability` demands it, and returns the position of the output.
    ///
    /// # Errors
    /// If not everything is written through; the call is repeated, and the crawl waits.
    fn flush(&mut self, durability: Durability) -> Result<Position, ExportError>;

    /// Returns to `position` and removes everything after it.
    ///
    /// `None` means that nothing has been committed: what the output contains belongs to the user and stays.
    ///
    /// # Errors
    /// If the output was changed since. The message names the way out, and the crawl does not start.
    fn recover(&mut self, position: Option<&Position>) -> Result<(), ExportError>;

    /// Continues at the end of the output.
    ///
    /// Called if records were committed but the position is lost, because the state was damaged and only partly saved. By
    /// default this is `recover(None)`.
    ///
    /// # Errors
    /// If the output is missing. The message names the way out, and the crawl does not start.
    fn adopt(&mut self) -> Result<(), ExportError> {
        self.recover(None)
    }
}
