//! Log lines on their way to standard error.
//!
//! A reader that is slow, or does not read at all, must not hold up the crawl. So a thread writes the lines, from a queue
//! with a limit. Lines above the limit are dropped and counted, and a later line has their number.

use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use crate::{base::locks::lock, runtime::threads};

/// Maximum size of the lines in the queue, in bytes.
const CAPACITY: usize = 1 << 20;

/// Maximum time that the end of a crawl waits for the reader of the log.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// The queue of the process's logger, which the process has once.
static QUEUE: OnceLock<LogQueue> = OnceLock::new();

/// A queue of lines. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct LogQueue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<QueueState>,
    /// Notified of a line, and when the queue is empty.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    /// At most [`CAPACITY`] bytes, or a single longer line.
    lines: VecDeque<Vec<u8>>,
    /// Size of `lines` in bytes.
    size: usize,
    /// Number of lines dropped since the last line that named it.
    dropped: u64,
    /// Whether the thread is writing a line.
    is_writing: bool,
}

impl LogQueue {
    /// Starts the thread that writes the lines to `target`. Without a thread, lines are written at once.
    pub(super) fn start(target: impl Write + Send + 'static) -> Box<dyn Write + Send> {
        let queue = Self::default();
        let (writer, target) = (queue.clone(), Arc::new(Mutex::new(target)));
        let thread_target = target.clone();
        match threads::spawn("log", move || writer.write_lines(&mut *lock(&thread_target))) {
            // Not joined: it ends with the process.
            Ok(_) => {
                QUEUE.set(queue.clone()).ok();
                Box::new(queue)
            }
            Err(_) => Box::new(Unqueued(target)),
        }
    }

    fn write_lines(&self, target: &mut impl Write) {
        loop {
            let (line, dropped) = self.next();
            if dropped > 0 {
                let warning = format!("{dropped} log lines dropped: the reader of the log was too slow\n");
                // Nobody can be told that the log cannot be written.
                target.write_all(warning.as_bytes()).ok();
            }
            target.write_all(&line).and_then(|()| target.flush()).ok();
        }
    }

    /// Waits for a line. Returns it, and the number of lines dropped before it.
    fn next(&self) -> (Vec<u8>, u64) {
        let mut state = lock(&self.0.state);
        state.is_writing = false;
        loop {
            if let Some(line) = state.lines.pop_front() {
                state.size -= line.len();
                state.is_writing = true;
                return (line, std::mem::take(&mut state.dropped));
            }
            self.0.changed.notify_all();
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn push(&self, line: &[u8]) {
        let mut state = lock(&self.0.state);
        if !state.lines.is_empty() && state.size + line.len() > CAPACITY {
            state.dropped += 1;
            return;
        }
        state.size += line.len();
        state.lines.push_back(line.to_owned());
        self.0.changed.notify_all();
    }

    /// Waits until every line is written, but no longer than `time`.
    fn drain(&self, time: Duration) {
        let state = lock(&self.0.state);
        let is_busy = |state: &mut QueueState| state.is_writing || !state.lines.is_empty();
        // The result does not matter: after the time the rest is lost.
        drop(self.0.changed.wait_timeout_while(state, time, is_busy));
    }
}

impl Write for LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes lines at once.
struct Unqueued<W>(Arc<Mutex<W>>);

impl<W: Write> Write for Unqueued<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        lock(&self.0).write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        lock(&self.0).flush()
    }
}

/// Waits until the log is written, at most a second. Called at the end of a crawl; a program that logs after that calls it
/// before it ends.
pub fn drain_log() {
    if let Some(queue) = QUEUE.get() {
        queue.drain(END_TIMEOUT);
    }
}

/// Writes a line after the log lines so far, to standard error if no log was started.
pub fn write_after_log(line: &str) {
    match QUEUE.get() {
        Some(queue) => queue.push(format!("{line}\n").as_bytes()),
        None => eprintln!("{line}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// Passes on each line when it is read.
    struct Slow(SyncSender<String>);

    impl Write for Slow {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.send(String::from_utf8(line.to_owned()).unwrap()).ok();
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn queue() -> (LogQueue, Receiver<String>) {
        let (sender, receiver) = sync_channel(0);
        let queue = LogQueue::default();
        let writer = queue.clone();
        std::thread::spawn(move || writer.write_lines(&mut Slow(sender)));
        (queue, receiver)
    }

    #[test]
    fn a_reader_that_does_not_read_holds_up_nothing() {
        let (queue, reader) = queue();
        let line = format!("{}\n", "x".repeat(1023));
        (0..3000).for_each(|_| queue.push(line.as_bytes()));
        queue.drain(Duration::from_millis(20));
        // One line is being written, and the queue is full. The next lines were dropped.
        let mut written: Vec<_> = reader.iter().take(1000).collect();
        queue.push(b"last\n");
        while written.last().is_none_or(|last| last != "last\n") {
            written.push(reader.recv().unwrap());
        }
        let warning = " log lines dropped: the reader of the log was too slow\n";
        let dropped = written.iter().find_map(|line| line.strip_suffix(warning)).unwrap();
        let lines = written.iter().filter(|written| **written == line).count();
        assert_eq!(lines + dropped.parse::<usize>().unwrap(), 3000);
    }

    #[test]
    fn draining_waits_for_every_line() {
        let (queue, reader) = queue();
        (0..10).for_each(|number| queue.push(format!("{number}\n").as_bytes()));
        let reading = std::thread::spawn(move || reader.iter().take(10).count());
        queue.drain(Duration::from_secs(60));
        assert_eq!(reading.join().unwrap(), 10);
    }
}
