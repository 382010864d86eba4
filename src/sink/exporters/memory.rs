//! Records kept in memory: for tests and for small crawls whose caller wants them all.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::{
    base::locks::lock,
    record::Record,
    sink::{ExportError, Exporter, Position},
    store::Durability,
};

/// Keeps the records in memory, all of them. A clone is a handle on the same records.
///
/// ```
/// let records = lycosa::MemoryExporter::default();
/// let for_the_crawler = records.clone();
/// # drop(for_the_crawler);
/// assert!(records.records().is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryExporter {
    kept: Arc<Mutex<MemoryRecords>>,
}

#[derive(Debug, Default)]
struct MemoryRecords {
    /// As many as the crawl finds: that is what this exporter is for.
    records: Vec<Record>,
    /// Records that were there before the first commit.
    start: Option<usize>,
}

impl MemoryExporter {
    /// The records written so far, in order.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.lock().records.clone()
    }

    fn lock(&self) -> MutexGuard<'_, MemoryRecords> {
        // Pages are appended whole, so a panic elsewhere leaves nothing half done.
        lock(&self.kept)
    }
}

impl Exporter for MemoryExporter {
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError> {
        self.lock().records.extend_from_slice(records);
        Ok(())
    }

    /// The position is the number of records, in 8 bytes.
    fn flush(&mut self, _: Durability) -> Result<Position, ExportError> {
        let count = self.lock().records.len() as u64;
        Ok(Position(count.to_be_bytes().to_vec().into()))
    }

    fn recover(&mut self, position: Option<&Position>) -> Result<(), ExportError> {
        let mut kept = self.lock();
        let count = match position {
            Some(position) => usize::try_from(u64::from_be_bytes(position.0.as_ref().try_into()?))?,
            None => {
                let there = kept.records.len();
                *kept.start.get_or_insert(there)
            }
        };
        if count > kept.records.len() {
            return Err("records that were committed are gone with the process that kept them: \
                        keep them in a file, or start anew with another state directory"
                .into());
        }
        kept.records.truncate(count);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::tests::record;

    #[test]
    fn recovery_takes_back_what_is_not_committed() {
        let mut exporter = MemoryExporter::default();
        exporter.recover(None).unwrap();
        exporter.write(&[record(1), record(2)]).unwrap();
        let position = exporter.flush(Durability::Os).unwrap();
        exporter.write(&[record(3)]).unwrap();
        exporter.recover(Some(&position)).unwrap();
        assert_eq!(exporter.records().len(), 2);
        exporter.recover(None).unwrap();
        assert!(exporter.records().is_empty());
        assert!(exporter.recover(Some(&position)).is_err());
    }
}
