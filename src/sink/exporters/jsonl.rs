//! Records in a file, one JSON value per line.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{file_position::FilePosition, line_file::LineFile, write_mode::WriteMode};
use crate::{
    error::ConfigError,
    messages::control::Control,
    record::Record,
    sink::{
        exporter::{ExportError, Exporter, Position},
        exporter_config::ExporterConfig,
    },
    store::Durability,
};

/// Bytes that are buffered before they are written.
const BUFFER: usize = 64 << 10;

/// `[[sink]]` with `type = "jsonl"`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// File to write.
    #[serde(default)]
    pub path: PathBuf,
    /// Label of the requests whose records are written; `None` = all records.
    pub label: Option<String>,
    /// What happens to an existing file.
    #[serde(default)]
    pub mode: WriteMode,
}

impl ExporterConfig for Config {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    fn file(&self) -> Option<&Path> {
        Some(&*self.path).filter(|path| !path.as_os_str().is_empty())
    }

    fn check(&self, table: &str) -> Vec<ConfigError> {
        if self.file().is_some() {
            return Vec::new();
        }
        let (origin, message) = ("config".to_owned(), "`path` is missing: the file to write".to_owned());
        vec![ConfigError { origin, key: table.to_owned(), message }]
    }

    fn build(&self, _: &Control) -> Box<dyn Exporter> {
        Box::new(match self.mode {
            WriteMode::Append => Jsonl::new(&self.path),
            WriteMode::Replace => Jsonl::replacing(&self.path),
        })
    }
}

/// Writes records to a file, one JSON value per line.
///
/// Any file that can be appended to works. In a regular file each record is written once, even if the process is killed. A
/// pipe or a device cannot be truncated, so some records may be repeated.
#[derive(Debug)]
pub struct Jsonl {
    path: PathBuf,
    mode: WriteMode,
    /// Opened at the first use.
    file: Option<LineFile>,
    /// Whole lines that are not in the file yet: at most [`BUFFER`] bytes and one page.
    buffer: Vec<u8>,
    /// Length of the file before the first record; set until the first commit.
    start: Option<u64>,
}

impl Jsonl {
    /// Creates an exporter that appends to the file at `path`.
    ///
    /// The file is created if it does not exist; its directory must exist.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), mode: WriteMode::Append, file: None, buffer: Vec::new(), start: None }
    }

    /// Like [`new`](Self::new), but a new crawl empties the file first. A resumed crawl continues it.
    #[must_use]
    pub fn replacing(path: impl Into<PathBuf>) -> Self {
        Self { mode: WriteMode::Replace, ..Self::new(path) }
    }

    /// Writes the buffer to the file.
    fn write_buffer(&mut self) -> Result<(), ExportError> {
        if !self.buffer.is_empty() {
            opened(&mut self.file, &self.path)?.append(&mut self.buffer)?;
            self.buffer.shrink_to(BUFFER);
        }
        Ok(())
    }

    /// Returns to the state before the first record; the first call determines that state.
    fn recover_start(&mut self, mode: WriteMode) -> Result<(), ExportError> {
        let file = opened(&mut self.file, &self.path)?;
        if !file.is_regular() {
            return Ok(());
        }
        let start = match (self.start, mode) {
            (Some(start), WriteMode::Append | WriteMode::Replace) => start,
            (None, WriteMode::Replace) => 0,
            (None, WriteMode::Append) => file.end_last_line()?,
        };
        file.truncate(start)?;
        self.start = Some(start);
        Ok(())
    }
}

/// Returns the file, opened if it is not yet.
fn opened<'f>(file: &'f mut Option<LineFile>, path: &Path) -> Result<&'f mut LineFile, ExportError> {
    let open = match file.take() {
        Some(open) => open,
        None => LineFile::open(path)?,
    };
    Ok(file.insert(open))
}

impl Exporter for Jsonl {
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError> {
        // Before the page is accepted, because an error means that nothing of it was.
        if self.buffer.len() >= BUFFER {
            self.write_buffer()?;
        }
        records.iter().for_each(|record| record.push_line(&mut self.buffer));
        Ok(())
    }

    fn flush(&mut self, durability: Durability) -> Result<Position, ExportError> {
        self.write_buffer()?;
        let file = opened(&mut self.file, &self.path)?;
        if !file.is_regular() {
            return Ok(Position::default());
        }
        match durability {
            Durability::Fsync => file.sync()?,
            Durability::Os => {}
        }
        file.end()
    }

    fn recover(&mut self, position: Option<&Position>) -> Result<(), ExportError> {
        self.buffer.clear();
        // A pipe or a device has an empty position.
        let Some(position) = position.filter(|position| !position.0.is_empty()) else {
            return self.recover_start(self.mode);
        };
        let position = FilePosition::decode(position)?;
        if !position.is_start() && !self.path.is_file() {
            return Err(format!(
                "`{}` is missing, but has committed records: restore the file, or start again with another state directory",
                self.path.display()
            )
            .into());
        }
        opened(&mut self.file, &self.path)?.truncate_to_position(&position)
    }

    /// Keeps all whole lines, even if a new crawl would [replace](Self::replacing) the file.
    fn adopt(&mut self) -> Result<(), ExportError> {
        self.buffer.clear();
        if !self.path.exists() {
            return Err(format!(
                "`{}` is missing, and may have had committed records: restore the file, or create an empty one to \
                 continue without them",
                self.path.display()
            )
            .into());
        }
        self.recover_start(WriteMode::Append)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sink::tests::record;

    const ONE: &str = "{\"n\":1}\n";

    fn in_directory() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.jsonl");
        (directory, path)
    }

    /// Writes a record, commits it, writes another one and crashes. Returns the committed position.
    fn crash(path: &Path) -> Position {
        let mut jsonl = Jsonl::new(path);
        jsonl.recover(None).unwrap();
        jsonl.write(&[record(1)]).unwrap();
        let position = jsonl.flush(Durability::Fsync).unwrap();
        jsonl.write(&[record(2)]).unwrap();
        jsonl.flush(Durability::Os).unwrap();
        position
    }

    #[test]
    fn uncommitted_records_are_removed() {
        let (_directory, path) = in_directory();
        let position = crash(&path);
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{ONE}{{\"n\":2}}\n"));
        let mut jsonl = Jsonl::replacing(&path);
        jsonl.recover(Some(&position)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), ONE);
        jsonl.write(&[record(3)]).unwrap();
        jsonl.flush(Durability::Os).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{ONE}{{\"n\":3}}\n"));
    }

    #[test]
    fn another_file_is_refused_and_unchanged() {
        for (content, message) in [("{\"n\":9}\n{}", "differs"), ("{}", "has 2 bytes"), ("", "has 0 bytes")] {
            let (_directory, path) = in_directory();
            let position = crash(&path);
            fs::write(&path, content).unwrap();
            let error = Jsonl::new(&path).recover(Some(&position)).unwrap_err().to_string();
            assert!(error.contains(message) && error.contains("out.jsonl"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        let (directory, path) = in_directory();
        let position = crash(&path);
        let other = directory.path().join("other.jsonl");
        fs::rename(&path, &other).unwrap();
        assert!(Jsonl::new(&path).recover(Some(&position)).unwrap_err().to_string().contains("is missing"));
        assert!(!path.exists());
        assert!(Jsonl::new(&other).recover(Some(&position)).unwrap_err().to_string().contains("`out.jsonl`, not to"));
        assert!(Jsonl::new(&other).recover(Some(&Position(vec![9, 9].into()))).is_err());
    }

    #[test]
    fn without_a_commit_only_a_torn_line_is_removed() {
        let long = format!("{ONE}{}", "x".repeat(3 * BUFFER));
        for (before, after) in [
            ("", ""),
            (ONE, ONE),
            ("{\"n\":1}\n{\"n\"", ONE),
            ("{\"n\":1}", ONE),
            ("{\"n\":", ""),
            (long.as_str(), ONE),
        ] {
            let (_directory, path) = in_directory();
            fs::write(&path, before).unwrap();
            let mut jsonl = Jsonl::new(&path);
            jsonl.recover(None).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after);
            // A pipeline that is rebuilt before the first commit: only the old content stays.
            jsonl.write(&[record(2)]).unwrap();
            jsonl.flush(Durability::Os).unwrap();
            jsonl.recover(None).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after);
        }
    }

    #[test]
    fn without_a_position_only_a_torn_line_is_removed() {
        let news: [fn(&Path) -> Jsonl; 2] = [|path| Jsonl::new(path), |path| Jsonl::replacing(path)];
        for new in news {
            let (_directory, path) = in_directory();
            assert!(new(&path).adopt().unwrap_err().to_string().contains("is missing"));
            fs::write(&path, format!("{ONE}{{\"n\"")).unwrap();
            let mut jsonl = new(&path);
            jsonl.adopt().unwrap();
            jsonl.write(&[record(2)]).unwrap();
            jsonl.flush(Durability::Os).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{ONE}{{\"n\":2}}\n"));
        }
    }

    #[test]
    fn replacing_empties_a_file_only_in_a_new_crawl() {
        let (_directory, path) = in_directory();
        fs::write(&path, "old\n").unwrap();
        let mut jsonl = Jsonl::replacing(&path);
        jsonl.recover(None).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
        let position = jsonl.flush(Durability::Fsync).unwrap();
        fs::remove_file(&path).unwrap();
        Jsonl::replacing(&path).recover(Some(&position)).unwrap();
    }

    #[test]
    fn device_has_no_position() {
        let mut jsonl = Jsonl::new("/dev/null");
        jsonl.recover(None).unwrap();
        jsonl.write(&[record(1)]).unwrap();
        assert_eq!(jsonl.flush(Durability::Fsync).unwrap(), Position::default());
        jsonl.recover(Some(&Position::default())).unwrap();
    }

    #[test]
    fn full_disk_keeps_the_page_and_is_named() {
        let mut jsonl = Jsonl::new("/dev/full");
        jsonl.write(&[record(1)]).unwrap();
        assert!(jsonl.flush(Durability::Os).unwrap_err().to_string().contains("/dev/full"));
        assert_eq!(jsonl.buffer, ONE.as_bytes());
    }
}
