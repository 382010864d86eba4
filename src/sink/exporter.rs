//! Where records go: the trait that every output implements, the user's own too.

use bytes::Bytes;

use crate::{record::Record, store::Durability};

/// What an exporter says went wrong, in words for the operator: what, where, and the way out.
pub type ExportError = Box<dyn std::error::Error + Send + Sync>;

/// How far an output reaches, in the exporter's own format. Kept with each commit, and given back by
/// [`Exporter::recover`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position(pub Bytes);

/// An output. Each runs on a plain thread of its own, so it may block; its calls come one at a time.
///
/// A page's records are given together. After a crash, or when any part of the pipeline died, the exporter is asked to
/// [`recover`](Exporter::recover) before anything else is written, so that what was written after the last commit is not
/// written twice.
///
/// ```
/// use lycosa::{Durability, ExportError, Exporter, Position, Record};
///
/// /// Counts records, and keeps none.
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
    /// Writes the records of one page: all, or none and an error. After an error the same records come again.
    ///
    /// # Errors
    /// When nothing of them was written; the crawl waits and tries again.
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError>;

    /// Puts everything written where `durability` wants it, and says how far the output reaches.
    ///
    /// # Errors
    /// When it is not there yet; the crawl waits and tries again.
    fn flush(&mut self, durability: Durability) -> Result<Position, ExportError>;

    /// Goes back to `position`, as if nothing after it had been written; none: nothing was ever committed, and what
    /// stands in the output is somebody else's and stays.
    ///
    /// # Errors
    /// When the output is not what was left, with the way out; the crawl does not start.
    fn recover(&mut self, position: Option<&Position>) -> Result<(), ExportError>;

    /// Goes on behind whatever stands in the output: records were committed, and how far is not known any more, for the
    /// state was damaged and what could be read of it saved. Without a way of its own an exporter recovers as if nothing
    /// had been committed.
    ///
    /// # Errors
    /// When the output is gone, with the way out; the crawl does not start.
    fn adopt(&mut self) -> Result<(), ExportError> {
        self.recover(None)
    }
}
