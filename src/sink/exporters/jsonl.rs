//! Records in a file, one JSON value a line.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use log::warn;
use memchr::memrchr;
use serde::de::IgnoredAny;

use super::file_position::FilePosition;
use crate::{
    record::Record,
    sink::{ExportError, Exporter, Mode, Position, push_line},
    store::Durability,
};

/// Bytes that are gathered before they are written.
const BUFFER: usize = 64 << 10;

/// The longest last line that is looked at (64 MiB); a file that ends in a longer one is none of ours.
const LONGEST_LINE: u64 = 64 << 20;

/// Writes records to a file, one JSON value a line.
///
/// The file may be any that can be appended to. In a regular file each record stands once, whatever happens to the
/// process; a pipe or a device cannot be cut back, so there some may come twice.
#[derive(Debug)]
pub struct Jsonl {
    path: PathBuf,
    mode: Mode,
    output: Option<Output>,
    /// Whole lines that are not in the file yet: at most [`BUFFER`] bytes and one page.
    buffer: Vec<u8>,
    /// The length of the file before the first record, while nothing is committed.
    start: Option<u64>,
}

impl Jsonl {
    /// Appends to the file at `path`; it is made if need be, its directory is not.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), mode: Mode::Append, output: None, buffer: Vec::new(), start: None }
    }

    /// Empties the file first, unless the crawl goes on where it stopped.
    #[must_use]
    pub fn replacing(path: impl Into<PathBuf>) -> Self {
        Self { mode: Mode::Replace, ..Self::new(path) }
    }

    /// The file, opened at the first use.
    fn output(&mut self) -> Result<&mut Output, ExportError> {
        let output = match self.output.take() {
            Some(output) => output,
            None => Output::open(&self.path).map_err(|error| explain(&self.path, &error))?,
        };
        Ok(self.output.insert(output))
    }

    /// Puts the gathered lines into the file.
    fn write_out(&mut self) -> Result<(), ExportError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.output()?;
        let Self { output: Some(output), buffer, path, .. } = self else { return Ok(()) };
        output.append(buffer).map_err(|error| explain(path, &error))?;
        buffer.shrink_to(BUFFER);
        Ok(())
    }

    /// Goes back to the state before the first record: the one found, if this is the first time.
    fn recover_start(&mut self, mode: Mode) -> Result<(), ExportError> {
        let (path, start) = (self.path.clone(), self.start);
        let output = self.output()?;
        if !output.is_regular {
            return Ok(());
        }
        let start = match (start, mode) {
            (Some(start), Mode::Append | Mode::Replace) => start,
            (None, Mode::Replace) => 0,
            (None, Mode::Append) => end_last_line(&path, &mut output.file)?,
        };
        output.file.set_len(start).map_err(|error| explain(&path, &error))?;
        self.start = Some(start);
        Ok(())
    }
}

impl Exporter for Jsonl {
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError> {
        // Before the page is taken, so that an error means that nothing of it was.
        if self.buffer.len() >= BUFFER {
            self.write_out()?;
        }
        records.iter().for_each(|record| push_line(&mut self.buffer, record));
        Ok(())
    }

    fn flush(&mut self, durability: Durability) -> Result<Position, ExportError> {
        self.write_out()?;
        let path = self.path.clone();
        let output = self.output()?;
        if !output.is_regular {
            return Ok(Position::default());
        }
        match durability {
            Durability::Fsync => output.sync(&path).map_err(|error| explain(&path, &error))?,
            Durability::Os => {}
        }
        FilePosition::end_of(&path, &mut output.file).map_err(|error| explain(&path, &error))?.encode()
    }

    fn recover(&mut self, position: Option<&Position>) -> Result<(), ExportError> {
        self.buffer.clear();
        // An empty position is that of a pipe or a device.
        let Some(position) = position.filter(|position| !position.0.is_empty()) else {
            return self.recover_start(self.mode);
        };
        let position = FilePosition::decode(position)?;
        if !position.is_start() && !self.path.is_file() {
            return Err(format!(
                "`{}` is gone, but records in it were committed: put the file back, or start anew with another state \
                 directory",
                self.path.display()
            )
            .into());
        }
        let path = self.path.clone();
        position.cut(&path, &mut self.output()?.file)
    }

    /// Whole lines stay, also where the file is to be replaced.
    fn adopt(&mut self) -> Result<(), ExportError> {
        self.buffer.clear();
        if !self.path.exists() {
            return Err(format!(
                "`{}` is gone, and whether records in it were committed is not known: put the file back, or make an \
                 empty one to go on without them",
                self.path.display()
            )
            .into());
        }
        self.recover_start(Mode::Append)
    }
}

/// The open file.
#[derive(Debug)]
struct Output {
    file: File,
    /// Whether it can be cut: no pipe, terminal or device.
    is_regular: bool,
    /// Whether it has what is not on the disk yet.
    is_dirty: bool,
    /// Whether its name is on the disk.
    is_named: bool,
}

impl Output {
    fn open(path: &Path) -> io::Result<Self> {
        let is_regular = fs::metadata(path).map_or(true, |file| file.is_file());
        // A pipe is not opened for reading too: it would never see its reader go.
        let file = OpenOptions::new().append(true).read(is_regular).create(is_regular).open(path)?;
        // Each would cut off what the other wrote. A file system without locks goes without.
        if is_regular && matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        Ok(Self { file, is_regular, is_dirty: true, is_named: false })
    }

    /// Appends lines and takes them out of the buffer. After an error the file ends with a whole line wherever that can
    /// be had, and the buffer holds exactly what is not in the file.
    fn append(&mut self, lines: &mut Vec<u8>) -> io::Result<()> {
        self.is_dirty = true;
        let mut written = 0;
        while let Some(rest) = lines.get(written..).filter(|rest| !rest.is_empty()) {
            match self.file.write(rest) {
                Ok(0) => return Err(self.keep_whole_lines(lines, written, io::ErrorKind::WriteZero.into())),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.keep_whole_lines(lines, written, error)),
            }
        }
        lines.clear();
        Ok(())
    }

    fn keep_whole_lines(&mut self, lines: &mut Vec<u8>, written: usize, error: io::Error) -> io::Error {
        let whole = memrchr(b'\n', lines.get(..written).unwrap_or_default()).map_or(0, |newline| newline + 1);
        let torn = (written - whole) as u64;
        // Where the torn line cannot be cut it is written on, by the next attempt.
        let kept = if torn > 0 && self.shorten(torn).is_ok() { whole } else { written };
        lines.drain(..kept);
        error
    }

    fn shorten(&mut self, bytes: u64) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        self.file.set_len(length.saturating_sub(bytes))
    }

    fn sync(&mut self, path: &Path) -> io::Result<()> {
        if self.is_dirty {
            self.file.sync_data()?;
            self.is_dirty = false;
        }
        if !self.is_named {
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
            self.is_named = true;
        }
        Ok(())
    }
}

/// Makes the file end with a whole line and says how long it is then: a last line without its end is what a killed
/// process leaves, and is cut, unless it is a whole JSON value, that somebody wrote without a line break.
fn end_last_line(path: &Path, file: &mut File) -> Result<u64, ExportError> {
    let failed = |error| explain(path, &error);
    let length = file.metadata().map_err(failed)?.len();
    let tail = last_line(file, length).map_err(failed)?;
    if tail.is_empty() {
        return Ok(length);
    }
    if serde_json::from_slice::<IgnoredAny>(&tail).is_ok() {
        file.write_all(b"\n").map_err(failed)?;
        return Ok(length + 1);
    }
    let torn = tail.len() as u64;
    if torn >= LONGEST_LINE {
        let shown = path.display();
        return Err(
            format!("`{shown}` is no file of lines: there is none in its last 64 MiB; name another file").into()
        );
    }
    warn!(path:% = path.display(), bytes = torn; "cut a torn last line");
    Ok(length - torn)
}

/// What stands after the last line break, up to [`LONGEST_LINE`].
fn last_line(file: &mut File, length: u64) -> io::Result<Vec<u8>> {
    let mut reach = BUFFER as u64;
    loop {
        let start = length.saturating_sub(reach);
        let mut tail = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.take(length - start).read_to_end(&mut tail)?;
        if let Some(newline) = memrchr(b'\n', &tail) {
            return Ok(tail.split_off(newline + 1));
        }
        if start == 0 || reach >= LONGEST_LINE {
            return Ok(tail);
        }
        reach *= 4;
    }
}

fn explain(path: &Path, error: &io::Error) -> ExportError {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("`{shown}`: its directory does not exist; make it first").into(),
        io::ErrorKind::ResourceBusy => {
            format!("`{shown}` is being written by another crawl: stop that one, or name another file").into()
        }
        _ => format!("`{shown}`: {error}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::tests::record;

    const ONE: &str = "{\"n\":1}\n";

    fn in_directory() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.jsonl");
        (directory, path)
    }

    #[test]
    fn a_file_has_one_writer_at_a_time() {
        let (_directory, path) = in_directory();
        let mut first = Jsonl::new(&path);
        first.recover(None).unwrap();
        let refused = Jsonl::new(&path).recover(None).unwrap_err().to_string();
        assert!(refused.contains("another crawl"), "{refused}");
        drop(first);
        Jsonl::new(&path).recover(None).unwrap();
    }

    /// Writes a record, commits, writes another one and dies. Gives the committed position.
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
    fn what_is_not_committed_is_cut() {
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
    fn another_file_is_refused_and_not_touched() {
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
        assert!(Jsonl::new(&path).recover(Some(&position)).unwrap_err().to_string().contains("is gone"));
        assert!(!path.exists());
        assert!(Jsonl::new(&other).recover(Some(&position)).unwrap_err().to_string().contains("`out.jsonl`, not to"));
        assert!(Jsonl::new(&other).recover(Some(&Position(vec![9, 9].into()))).is_err());
    }

    #[test]
    fn without_a_commit_only_a_torn_line_goes() {
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
            // A pipeline rebuilt before its first commit: only what was there before stays.
            jsonl.write(&[record(2)]).unwrap();
            jsonl.flush(Durability::Os).unwrap();
            jsonl.recover(None).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after);
        }
    }

    #[test]
    fn where_the_position_is_lost_only_a_torn_line_goes() {
        let news: [fn(&Path) -> Jsonl; 2] = [|path| Jsonl::new(path), |path| Jsonl::replacing(path)];
        for new in news {
            let (_directory, path) = in_directory();
            assert!(new(&path).adopt().unwrap_err().to_string().contains("is gone"));
            fs::write(&path, format!("{ONE}{{\"n\"")).unwrap();
            let mut jsonl = new(&path);
            jsonl.adopt().unwrap();
            jsonl.write(&[record(2)]).unwrap();
            jsonl.flush(Durability::Os).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{ONE}{{\"n\":2}}\n"));
        }
    }

    #[test]
    fn replacing_empties_a_file_only_at_the_start() {
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
    fn a_device_has_no_position() {
        let mut jsonl = Jsonl::new("/dev/null");
        jsonl.recover(None).unwrap();
        jsonl.write(&[record(1)]).unwrap();
        assert_eq!(jsonl.flush(Durability::Fsync).unwrap(), Position::default());
        jsonl.recover(Some(&Position::default())).unwrap();
    }

    #[test]
    fn a_full_disk_keeps_the_page_and_says_so() {
        let mut jsonl = Jsonl::new("/dev/full");
        jsonl.write(&[record(1)]).unwrap();
        assert!(jsonl.flush(Durability::Os).unwrap_err().to_string().contains("/dev/full"));
        assert_eq!(jsonl.buffer, ONE.as_bytes());
    }

    #[test]
    fn a_missing_directory_is_named() {
        let error = Jsonl::new("/nowhere/at/all.jsonl").recover(None).unwrap_err().to_string();
        assert!(error.contains("directory does not exist"), "{error}");
    }

    #[test]
    fn a_torn_write_leaves_whole_lines() {
        let (_directory, path) = in_directory();
        let mut output = Output::open(&path).unwrap();
        let mut lines = b"{}\n{\"a\":1}\n".to_vec();
        output.file.write_all(&lines[..6]).unwrap();
        output.keep_whole_lines(&mut lines, 6, io::ErrorKind::StorageFull.into());
        assert_eq!((fs::read(&path).unwrap(), lines), (b"{}\n".to_vec(), b"{\"a\":1}\n".to_vec()));
    }
}
