//! How the crawl learns that one of its actors or threads is gone: each holds a [`LivenessGuard`], whose drop says so.

use tokio::sync::mpsc::UnboundedSender;

/// Someone whose end is the end of the pipeline: in their own words, who and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ThreadExit(pub String);

/// Held by an actor or a thread as long as it lives. A pipeline that is stopped on purpose no longer listens.
#[derive(Debug)]
pub(crate) struct LivenessGuard {
    name: String,
    deaths: UnboundedSender<ThreadExit>,
}

impl LivenessGuard {
    /// For the actor or thread called `name`.
    #[must_use]
    pub(crate) fn new(name: impl Into<String>, deaths: UnboundedSender<ThreadExit>) -> Self {
        Self { name: name.into(), deaths }
    }
}

impl Drop for LivenessGuard {
    fn drop(&mut self) {
        let how = if std::thread::panicking() { "panicked" } else { "ended" };
        // Nobody listens once the pipeline is being taken down: then the death is no news.
        self.deaths.send(ThreadExit(format!("{} {how}", self.name))).ok();
    }
}
