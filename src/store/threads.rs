//! The store's two threads: one reads, one writes, so that no question waits for a commit and nobody else waits at all.

use std::{
    sync::Arc,
    sync::mpsc::{Receiver, Sender, channel},
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::mpsc::UnboundedSender;

use super::{Commit, Query, QueryResult, Receipt, Store, StoreReader};
use crate::{
    error::{Result, StoreError},
    runtime::{
        liveness::{LivenessGuard, ThreadExit},
        threads,
    },
};

/// What a thread calls with its result.
pub(crate) type Reply<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

/// The way to the reading thread. At most one question is out, so its queue needs no bound.
#[derive(Debug)]
pub(crate) struct ReaderHandle(Sender<(Query, Reply<QueryResult>)>);

/// The way to the writing thread. At most one commit is out, so its queue needs no bound.
#[derive(Debug)]
pub(crate) struct WriterHandle(Sender<(Arc<Commit>, Reply<Receipt>)>);

/// Both threads, to be joined once [`ReaderHandle`] and [`WriterHandle`] are dropped.
#[derive(Debug)]
pub(crate) struct StoreThreads {
    threads: Vec<JoinHandle<()>>,
    ended: Receiver<()>,
}

impl ReaderHandle {
    /// Asks. A thread that is gone reports its death by itself.
    pub(crate) fn query(&self, ask: Query, reply: Reply<QueryResult>) {
        self.0.send((ask, reply)).ok();
    }
}

impl WriterHandle {
    /// Commits. A thread that is gone reports its death by itself.
    pub(crate) fn commit(&self, commit: Arc<Commit>, reply: Reply<Receipt>) {
        self.0.send((commit, reply)).ok();
    }
}

impl StoreThreads {
    /// Waits until both threads have ended, at most `limit` each. Says whether they have.
    pub(crate) fn join(self, limit: Duration) -> bool {
        self.threads.iter().all(|_| self.ended.recv_timeout(limit).is_ok())
    }
}

/// Starts both threads over a store.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(
    mut store: Box<dyn Store>,
    deaths: &UnboundedSender<ThreadExit>,
) -> Result<(ReaderHandle, WriterHandle, StoreThreads)> {
    let (ask, questions) = channel::<(Query, Reply<QueryResult>)>();
    let (commit, commits) = channel::<(Arc<Commit>, Reply<Receipt>)>();
    let (end, ended) = channel();
    let mut view: Box<dyn StoreReader> = store.reader();
    let vital = LivenessGuard::new("store reader", deaths.clone());
    let reader = spawn("store-reader", vital, end.clone(), move || {
        questions.iter().for_each(|(ask, reply)| reply(view.query(&ask)));
    })?;
    let vital = LivenessGuard::new("store writer", deaths.clone());
    let writer = spawn("store-writer", vital, end, move || {
        commits.iter().for_each(|(commit, reply)| reply(store.commit(&commit)));
    })?;
    Ok((ReaderHandle(ask), WriterHandle(commit), StoreThreads { threads: vec![reader, writer], ended }))
}

fn spawn(
    name: &str,
    vital: LivenessGuard,
    end: Sender<()>,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    let body = move || {
        // Dropped in reverse order, also by a panic: first the death is told, then the end.
        let _end = Ended(end);
        let _vital = vital;
        work();
    };
    threads::spawn(name, body)
}

struct Ended(Sender<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        // Nobody waits for a thread that ends while the crawl goes on: its death is told otherwise.
        self.0.send(()).ok();
    }
}
