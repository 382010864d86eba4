//! The store's two threads: one reads, one writes, so that no query waits for a commit and no actor waits for either.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::mpsc::UnboundedSender;

use super::{
    commit::{Commit, Receipt},
    query::{Query, QueryResult},
    traits::{Store, StoreReader},
};
use crate::{
    error::{Result, StoreError},
    runtime::{
        liveness::{LivenessGuard, ThreadExit},
        threads,
    },
};

/// Callback for the result of a query or a commit, called on the store's thread.
pub(crate) type Reply<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

/// Sends queries to the reading thread. At most one query is in flight, which bounds the channel.
#[derive(Debug)]
pub(crate) struct ReaderHandle(Sender<(Query, Reply<QueryResult>)>);

/// Sends commits to the writing thread. At most one commit is in flight, which bounds the channel.
#[derive(Debug)]
pub(crate) struct WriterHandle(Sender<(Arc<Commit>, Reply<Receipt>)>);

/// Both threads. They end when [`ReaderHandle`] and [`WriterHandle`] are dropped.
#[derive(Debug)]
pub(crate) struct StoreThreads {
    threads: Vec<JoinHandle<()>>,
    ended: Receiver<()>,
}

impl ReaderHandle {
    /// Sends a query. If the thread is gone, nothing happens: its exit is reported by its [`LivenessGuard`].
    pub(crate) fn query(&self, query: Query, reply: Reply<QueryResult>) {
        self.0.send((query, reply)).ok();
    }
}

impl WriterHandle {
    /// Sends a commit. If the thread is gone, nothing happens: its exit is reported by its [`LivenessGuard`].
    pub(crate) fn commit(&self, commit: Arc<Commit>, reply: Reply<Receipt>) {
        self.0.send((commit, reply)).ok();
    }
}

impl StoreThreads {
    /// Waits up to `limit` for each thread to end. Returns true if both ended.
    pub(crate) fn join(self, limit: Duration) -> bool {
        self.threads.iter().all(|_| self.ended.recv_timeout(limit).is_ok())
    }
}

/// Starts both threads of a store.
///
/// # Errors
/// If the operating system cannot start a thread.
pub(crate) fn start(
    mut store: Box<dyn Store>,
    exits: &UnboundedSender<ThreadExit>,
) -> Result<(ReaderHandle, WriterHandle, StoreThreads)> {
    let (query, queries) = channel::<(Query, Reply<QueryResult>)>();
    let (commit, commits) = channel::<(Arc<Commit>, Reply<Receipt>)>();
    let (end, ended) = channel();
    let mut store_reader: Box<dyn StoreReader> = store.reader();
    let guard = LivenessGuard::new("store reader", exits.clone());
    let reader = spawn("store-reader", guard, end.clone(), move || {
        queries.iter().for_each(|(query, reply)| reply(store_reader.query(&query)));
    })?;
    let guard = LivenessGuard::new("store writer", exits.clone());
    let writer = spawn("store-writer", guard, end, move || {
        commits.iter().for_each(|(commit, reply)| reply(store.commit(&commit)));
    })?;
    Ok((ReaderHandle(query), WriterHandle(commit), StoreThreads { threads: vec![reader, writer], ended }))
}

fn spawn(
    name: &str,
    guard: LivenessGuard,
    end: Sender<()>,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    let body = move || {
        // Dropped in reverse order, also after a panic: the exit is reported before the end.
        let _end = EndSignal(end);
        let _guard = guard;
        work();
    };
    threads::spawn(name, body)
}

/// Signals on drop that its thread has ended.
struct EndSignal(Sender<()>);

impl Drop for EndSignal {
    fn drop(&mut self) {
        // There is no receiver if the thread ends on its own; then the `LivenessGuard` has reported it.
        self.0.send(()).ok();
    }
}
