//! Records on standard output, one JSON value a line.

use std::io::{self, Write};

use crate::{
    record::Record,
    sink::{ExportError, Exporter, Position},
    store::Durability,
};

/// Whoever read standard output is gone. What comes later is not written, so what waits behind it is never committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("standard output was closed by its reader")]
pub(crate) struct ClosedStdout;

/// Writes to standard output, a page at a time. It cannot take anything back, so after a crash some records come a second
/// time, under the same id.
pub(crate) struct Stdout<W = io::Stdout> {
    out: W,
    /// The lines of the page being written; empty between pages.
    page: Vec<u8>,
    /// How much of `page` is out already.
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

    fn explain(&self, error: io::Error) -> ExportError {
        if error.kind() != io::ErrorKind::BrokenPipe {
            return error.into();
        }
        (self.on_closed)();
        ClosedStdout.into()
    }
}

impl<W: Write + Send> Exporter for Stdout<W> {
    /// An attempt after an error goes on where the one before stopped, so that no line is torn.
    fn write(&mut self, records: &[Record]) -> Result<(), ExportError> {
        if self.page.is_empty() {
            records.iter().for_each(|record| crate::sink::push_line(&mut self.page, record));
        }
        while let Some(rest) = self.page.get(self.written..).filter(|rest| !rest.is_empty()) {
            match self.out.write(rest) {
                Ok(0) => return Err(self.explain(io::ErrorKind::WriteZero.into())),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.explain(error)),
            }
        }
        self.out.flush().map_err(|error| self.explain(error))?;
        self.page.clear();
        self.written = 0;
        Ok(())
    }

    /// There is nothing to go back to: the position is empty.
    fn flush(&mut self, _: Durability) -> Result<Position, ExportError> {
        Ok(Position::default())
    }

    fn recover(&mut self, _: Option<&Position>) -> Result<(), ExportError> {
        if (1..self.page.len()).contains(&self.written) {
            // The torn line gets its end: what comes next may be another page.
            self.out.write_all(b"\n").map_err(|error| self.explain(error))?;
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

    /// Takes what its script says, call by call.
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
    fn a_failed_page_is_written_on() {
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
