//! Records on standard output, one JSON value per line.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::{
    error::ConfigError,
    messages::control::Control,
    record::Record,
    report::Finish,
    sink::{
        exporter::{ExportError, Exporter, Position},
        exporter_config::ExporterConfig,
    },
    store::Durability,
};

/// `[[sink]]` with `type = "stdout"`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Label of the requests whose records are written; `None` = all records.
    pub label: Option<String>,
}

impl ExporterConfig for Config {
    fn name(&self) -> String {
        "stdout".to_owned()
    }

    fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    fn check(&self, _: &str) -> Vec<ConfigError> {
        Vec::new()
    }

    fn build(&self, control: &Control) -> Box<dyn Exporter> {
        let control = control.clone();
        Box::new(Stdout::new(move || control.drain(Finish::ClosedOutput)))
    }
}

/// The reader of standard output is gone. Records that follow are not written, so they are never committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("standard output was closed by its reader")]
pub(crate) struct ClosedStdout;

/// Writes to standard output, one page at a time.
///
/// Output cannot be taken back, so after a crash some records are repeated, with the same id.
pub(crate) struct Stdout<W = io::Stdout> {
    out: W,
    /// Lines of the page that is being written; empty between pages.
    page: Vec<u8>,
    /// Number of bytes of `page` that are written.
    written: usize,
    /// Called at each attempt to write after the reader is gone.
    on_closed: Box<dyn Fn() + Send>,
}

impl Stdout {
    /// Calls `on_closed` at each attempt to write after the reader is gone. The crawl should then end without a drain,
    /// because nothing more can be flushed.
    pub(crate) fn new(on_closed: impl Fn() + Send + 'static) -> Self {
        Self::to(io::stdout(), on_closed)
    }
}

impl<W: Write> Stdout<W> {
    fn to(out: W, on_closed: impl Fn() + Send + 'static) -> Self {
        Self { out, page: Vec::new(), written: 0, on_closed: Box::new(on_closed) }
    }

    fn classify(&self, error: io::Error) -> ExportError {
        if error.kind() != io::ErrorKind::BrokenPipe {
            return error.into();
        }
        (self.on_closed)();
        ClosedStdout.into()
    }
}

impl<W: Write + Send> Exporter for Stdout<W> {
    /// After an error, the next call continues where this one stopped, so that no line is torn.
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError> {
        if self.page.is_empty() {
            records.iter().for_each(|record| record.push_line(&mut self.page));
        }
        while let Some(rest) = self.page.get(self.written..).filter(|rest| !rest.is_empty()) {
            match self.out.write(rest) {
                Ok(0) => return Err(self.classify(io::ErrorKind::WriteZero.into())),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.classify(error)),
            }
        }
        self.out.flush().map_err(|error| self.classify(error))?;
        self.page.clear();
        self.written = 0;
        Ok(())
    }

    /// Returns an empty position, because output cannot be taken back.
    fn flush(&mut self, _: Durability) -> Result<Position, ExportError> {
        Ok(Position::default())
    }

    fn recover(&mut self, _: Option<&Position>) -> Result<(), ExportError> {
        if (1..self.page.len()).contains(&self.written) {
            // End the torn line, because the next page may be another one.
            self.out.write_all(b"\n").map_err(|error| self.classify(error))?;
        }
        self.page.clear();
        self.written = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::sink::tests::record;

    /// Accepts what its script says, call by call.
    struct Script(Vec<io::Result<usize>>, Vec<u8>);

    impl Write for Script {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = if self.0.is_empty() { bytes.len() } else { self.0.remove(0)? };
            self.1.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn failed_page_is_continued() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let mut stdout = Stdout::to(Script(vec![Ok(3), Err(full), Ok(1)], Vec::new()), || {});
        assert!(stdout.write(&[record(7)]).is_err());
        stdout.write(&[record(7)]).unwrap();
        stdout.write(&[record(8)]).unwrap();
        assert_eq!(String::from_utf8_lossy(&stdout.out.1), "{\"n\":7}\n{\"n\":8}\n");
    }

    #[test]
    fn closed_pipe_is_reported() {
        let (closed, was_closed) = channel();
        let mut stdout = Stdout::to(Script(vec![Err(io::ErrorKind::BrokenPipe.into())], Vec::new()), move || {
            closed.send(()).unwrap()
        });
        let error = stdout.write(&[record(1)]).unwrap_err();
        assert!(error.is::<ClosedStdout>());
        assert!(was_closed.try_recv().is_ok());
    }
}
