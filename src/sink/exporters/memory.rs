//! Records in memory, for tests and for programs that use them directly.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::{
    base::locks::lock,
    record::Record,
    sink::exporter::{ExportError, Exporter, Position},
    store::Durability,
};

/// Keeps all records in memory; clones share them.
///
/// ```
/// let records = lycosa::MemoryExporter::default();
/// let for_the_crawler = records.clone();
/// # drop(for_the_crawler);
/// assert!(records.records().is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryExporter {
    shared: Arc<Mutex<MemoryRecords>>,
}

#[derive(Debug, Default)]
struct MemoryRecords {
    /// Not bounded: keeping all records is the purpose of this exporter.
    records: Vec<Record>,
    /// Number of records before the first commit.
    start: Option<usize>,
}

impl MemoryExporter {
    /// Returns the records written so far, in order.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        self.lock().records.clone()
    }

    fn lock(&self) -> MutexGuard<'_, MemoryRecords> {
        // Whole pages are appended, so a panic elsewhere leaves a valid state.
        lock(&self.shared)
    }
}

impl Exporter for MemoryExporter {
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError> {
        self.lock().records.extend_from_slice(records);
        Ok(())
    }

    /// Returns the number of records, in 8 bytes.
    fn flush(&mut self, _: Durability) -> Result<Position, ExportError> {
        let count = self.lock().records.len() as u64;
        Ok(Position(count.to_be_bytes().to_vec().into()))
    }

    fn recover(&mut self, position: Option<&Position>) -> Result<(), ExportError> {
        let mut memory = self.lock();
        let count = match position {
            Some(position) => usize::try_from(u64::from_be_bytes(position.0.as_ref().try_into()?))?,
            None => {
                let length = memory.records.len();
                *memory.start.get_or_insert(length)
            }
        };
        if count > memory.records.len() {
            return Err(
                "committed records were lost with the process that kept them: use a file, or start again with \
                        another state directory"
                    .into(),
            );
        }
        memory.records.truncate(count);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::tests::record;

    #[test]
    fn recovery_removes_uncommitted_records() {
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
