//! What transport and Fetcher tell each other past awc about the request under way in a task.

use std::{
    cell::Cell,
    net::SocketAddr,
    rc::{Rc, Weak},
};

use super::{Head, keep::Connection};
use crate::{clock::Clock, outcome::FetchError, time::Mono};

tokio::task_local! {
    static CURRENT: Rc<Exchange>;
}

/// One request and its answer, as the transport sees them. A connection finds it through the task that drives it.
pub(crate) struct Exchange {
    clock: Clock,
    /// When the first byte of the request was written.
    started: Cell<Option<Mono>>,
    peer: Cell<Option<SocketAddr>>,
    /// The connection, and which of its requests this is.
    connection: Cell<Option<(Weak<Connection>, u32)>>,
    /// Whether the connection had served a request before.
    reused: Cell<bool>,
    /// Whether any byte of an answer came.
    answered: Cell<bool>,
    head: Cell<Option<Head>>,
    error: Cell<Option<FetchError>>,
}

/// The Fetcher's side.
impl Exchange {
    /// Nothing has happened yet.
    pub(crate) fn new(clock: Clock) -> Rc<Self> {
        let (started, peer, connection, reused, answered, head, error) = Default::default();
        Rc::new(Self { clock, started, peer, connection, reused, answered, head, error })
    }

    /// Runs a future in whose requests the transport tells this exchange.
    pub(crate) async fn scope<F: Future>(self: Rc<Self>, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Forgets the request before: another one is about to be sent.
    pub(crate) fn begin(&self) {
        self.end();
        self.started.take();
        self.peer.take();
        self.reused.take();
        self.answered.take();
        self.head.take();
        self.error.take();
    }

    /// The request is over: its connection may be kept, if it still is there.
    fn end(&self) {
        if let Some((connection, number)) = self.connection.take()
            && let Some(connection) = connection.upgrade()
        {
            connection.rest(number);
        }
    }

    /// When the request went out, if it has.
    pub(crate) fn started(&self) -> Option<Mono> {
        self.started.get()
    }

    /// The address connected to, if one is.
    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        self.peer.get()
    }

    /// Whether the request went out on a connection that the peer may have given up before, and no byte came back.
    pub(crate) fn is_stale(&self) -> bool {
        self.reused.get() && !self.answered.get()
    }

    /// The head of the answer, once.
    pub(crate) fn take_head(&self) -> Option<Head> {
        self.head.take()
    }

    /// What the transport found wrong, once: more exact than what awc makes of it.
    pub(crate) fn take_error(&self) -> Option<FetchError> {
        self.error.take()
    }
}

/// The transport's side. Outside of a scope nobody listens.
pub(super) fn tell(what: impl FnOnce(&Exchange)) {
    CURRENT.try_with(|exchange| what(exchange)).ok();
}

impl Exchange {
    /// The request goes out on this connection.
    pub(super) fn connected(&self, peer: Option<SocketAddr>, reused: bool, connection: (Weak<Connection>, u32)) {
        self.peer.set(peer);
        self.connection.set(Some(connection));
        self.reused.set(reused);
    }

    /// Bytes of the request are written.
    pub(super) fn sent(&self) {
        if self.started.get().is_none() {
            self.started.set(Some(self.clock.mono()));
        }
    }

    /// Bytes came back.
    pub(super) fn answered(&self) {
        self.answered.set(true);
    }

    /// The head of the answer is complete.
    pub(super) fn head(&self, head: Head) {
        self.head.set(Some(head));
    }

    /// Something is wrong. The first error is the cause of those that follow.
    pub(super) fn failed(&self, error: FetchError) {
        let first = self.error.take().unwrap_or(error);
        self.error.set(Some(first));
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end();
    }
}
