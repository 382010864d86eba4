//! Rows that other parts keep with the crawl.

use bytes::Bytes;

use crate::{base::time::Wall, error::StoreError};

/// A row that has changed: its key, and its value or `None` if the row is gone.
pub(crate) type ChangedRow = (Bytes, Option<Bytes>);

/// A table that is committed with the crawl: cookies, validators.
///
/// Its rows share one keyspace of the store with those of other side tables, told apart by the first byte of their keys.
/// The Scheduler adds the changes to each commit; at a start the stored rows are given back. To add a table, implement this
/// trait and list it in `Identity::side_tables`.
pub(crate) trait SideTable: Send + Sync {
    /// First byte of every key of this table. Stored: never changes.
    fn prefix(&self) -> u8;

    /// Returns the rows that changed since the last call. Called for each commit; what it returns about a page is from
    /// after the page's settlement.
    fn changes(&self, now: Wall) -> Vec<ChangedRow>;

    /// Marks all rows as changed. Called after a rebuild, when it is unknown whether the last changes were committed.
    fn mark_all_changed(&self);

    /// Restores one stored row, over what the table has.
    ///
    /// # Errors
    /// If the row cannot be read.
    fn restore_row(&self, key: &[u8], row: &[u8], now: Wall) -> Result<(), StoreError>;

    /// Restores the rows of this table among all stored ones.
    ///
    /// # Errors
    /// If a row cannot be read.
    fn restore(&self, rows: &[(Bytes, Bytes)], now: Wall) -> Result<(), StoreError> {
        let own = rows.iter().filter(|(key, _)| key.first() == Some(&self.prefix()));
        own.into_iter().try_for_each(|(key, row)| self.restore_row(key, row, now))
    }
}
