//! Reports the end of an actor or thread: each holds a [`LivenessGuard`], which reports when it is dropped.

use tokio::sync::mpsc::UnboundedSender;

/// End of an actor or thread, and so of the pipeline: its name, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ThreadExit(pub String);

/// Held by an actor or thread while it runs.
#[derive(Debug)]
pub(crate) struct LivenessGuard {
    name: String,
    exits: UnboundedSender<ThreadExit>,
}

impl LivenessGuard {
    /// Creates the guard of the actor or thread `name`.
    #[must_use]
    pub(crate) fn new(name: impl Into<String>, exits: UnboundedSender<ThreadExit>) -> Self {
        Self { name: name.into(), exits }
    }
}

impl Drop for LivenessGuard {
    fn drop(&mut self) {
        let how = if std::thread::panicking() { "panicked" } else { "ended" };
        // The receiver is gone during teardown; ignore the error.
        self.exits.send(ThreadExit(format!("{} {how}", self.name))).ok();
    }
}
