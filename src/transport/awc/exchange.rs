//! What the Fetcher and the transport exchange about one request, bypassing awc.
//!
//! The Fetcher sets the real request head before it calls awc, and takes the real response head afterwards. The connection
//! finds the exchange through a task-local value: it belongs to the task that drives the request.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::{Rc, Weak},
};

use bytes::Bytes;

use crate::{
    base::time::Mono,
    failure::FetchError,
    runtime::clock::Clock,
    transport::{
        http1::{body_frame::ResponseKind, request_head::RequestHead, response_head::ResponseHead},
        outage::LocalFailure,
        proxy::Proxy,
    },
};

tokio::task_local! {
    static CURRENT: Rc<Exchange>;
}

/// A connection that may serve another request.
pub(crate) trait Reusable {
    /// Marks the connection as idle, if its request of this number was the last one.
    fn release(self: Rc<Self>, number: u32);
}

/// One request and its response, as the transport sees them.
pub(crate) struct Exchange {
    clock: Clock,
    times: Cell<Timings>,
    /// Head of the request, until it is sent.
    request: Cell<Option<RequestHead>>,
    /// Head of the request as sent, if [`Exchange::keep_sent_heads`] asks for it.
    sent_head: RefCell<Option<Vec<u8>>>,
    /// Bytes that have come for all requests of this exchange.
    received: Cell<u64>,
    peer: Cell<Option<SocketAddr>>,
    /// The connection, and the number of this request on it.
    connection: Cell<Option<(Weak<dyn Reusable>, u32)>>,
    /// True if the connection had served a request before.
    reused: Cell<bool>,
    answer: Cell<Option<ResponseStart>>,
    error: Cell<Option<FetchError>>,
    proxy: Cell<Option<Rc<Proxy>>>,
    local_failure: Cell<Option<LocalFailure>>,
}

/// The head of a response and what came of the body with it. These bytes bypass awc, which would copy them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ResponseStart {
    /// The head as the server sent it.
    pub(crate) head: ResponseHead,
    /// First bytes of the body; awc hands out the rest.
    pub(crate) body: Bytes,
    /// True if that is the whole body.
    pub(crate) is_whole: bool,
}

/// Times of the steps of a request. A step that did not happen has none, for example connecting on a reused connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timings {
    /// The request was passed to awc.
    pub(crate) asked: Option<Mono>,
    /// The name of the host or proxy was resolved.
    pub(crate) resolved: Option<Mono>,
    /// TCP was connected.
    pub(crate) connected: Option<Mono>,
    /// The TLS handshake was done.
    pub(crate) secured: Option<Mono>,
    /// The first byte of the request was written.
    pub(crate) sent: Option<Mono>,
    /// The first byte of the response was read.
    pub(crate) answered: Option<Mono>,
}

/// For the Fetcher.
impl Exchange {
    /// An exchange without a request.
    pub(crate) fn new(clock: Clock) -> Rc<Self> {
        Rc::new(Self {
            clock,
            times: Cell::default(),
            request: Cell::new(None),
            sent_head: RefCell::default(),
            received: Cell::new(0),
            peer: Cell::new(None),
            connection: Cell::new(None),
            reused: Cell::new(false),
            answer: Cell::new(None),
            error: Cell::new(None),
            proxy: Cell::new(None),
            local_failure: Cell::new(None),
        })
    }

    /// Keeps the heads of requests as sent, for [`Exchange::take_sent_head`].
    pub(crate) fn keep_sent_heads(&self) {
        self.sent_head.replace(Some(Vec::new()));
    }

    /// Returns a future that runs another. The transport reports its requests to this exchange.
    ///
    /// Not an `async fn`, whose future would contain the other twice.
    pub(crate) fn scope<F: Future>(self: Rc<Self>, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, future)
    }

    /// Starts a request through `proxy`, and forgets the one before.
    pub(crate) fn begin(&self, now: Mono, proxy: Option<Rc<Proxy>>) {
        self.proxy.set(proxy);
        self.end();
        self.times.set(Timings { asked: Some(now), ..Timings::default() });
        self.peer.take();
        self.reused.take();
        self.answer.take();
        self.error.take();
        self.local_failure.take();
    }

    /// Sets the head of the next request.
    pub(crate) fn prepare(&self, request: RequestHead) {
        self.request.set(Some(request));
    }

    /// Ends the request: its connection is idle now, if it still exists.
    fn end(&self) {
        if let Some((connection, number)) = self.connection.take()
            && let Some(connection) = connection.upgrade()
        {
            connection.release(number);
        }
    }

    /// When the first byte of the request was written.
    pub(crate) fn started(&self) -> Option<Mono> {
        self.times.get().sent
    }

    /// Returns the number of bytes that have come, with those of earlier requests.
    pub(crate) fn received(&self) -> u64 {
        self.received.get()
    }

    /// Times of the steps so far.
    pub(crate) fn times(&self) -> Timings {
        self.times.get()
    }

    /// Takes the head of the request as sent; empty unless [`Exchange::keep_sent_heads`] was called.
    pub(crate) fn take_sent_head(&self) -> Vec<u8> {
        self.sent_head.borrow_mut().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Address of the peer, if connected.
    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        self.peer.get()
    }

    /// Returns true if the request was sent on a reused connection and no byte came back: the peer may have closed it before.
    pub(crate) fn is_stale(&self) -> bool {
        self.reused.get() && self.times.get().answered.is_none()
    }

    /// Takes the start of the response.
    pub(crate) fn take_answer(&self) -> Option<ResponseStart> {
        self.answer.take()
    }

    /// Takes the local failure that kept the request from being sent, if there was one.
    pub(crate) fn take_local_failure(&self) -> Option<LocalFailure> {
        self.local_failure.take()
    }

    /// Takes the transport's error, which is more exact than awc's.
    pub(crate) fn take_error(&self) -> Option<FetchError> {
        self.error.take()
    }
}

/// Calls `what` with the exchange of the current task, if it has one.
pub(crate) fn with_current(what: impl FnOnce(&Exchange)) {
    CURRENT.try_with(|exchange| what(exchange)).ok();
}

/// Proxy of the current task's request.
pub(crate) fn proxy() -> Option<Rc<Proxy>> {
    let take = |exchange: &Rc<Exchange>| {
        let proxy = exchange.proxy.take();
        exchange.proxy.set(proxy.clone());
        proxy
    };
    CURRENT.try_with(take).ok().flatten()
}

/// Takes the head of the current task's request, to be written.
pub(crate) fn sending() -> Option<(ResponseKind, Vec<u8>)> {
    let take = |exchange: &Rc<Exchange>| {
        let (kind, head) = exchange.request.take()?.finish();
        if let Some(kept) = exchange.sent_head.borrow_mut().as_mut() {
            kept.clone_from(&head);
        }
        Some((kind, head))
    };
    CURRENT.try_with(take).ok().flatten()
}

/// For the transport.
impl Exchange {
    /// Notes the connection that the request is sent on.
    pub(crate) fn connected(&self, peer: Option<SocketAddr>, reused: bool, connection: (Weak<dyn Reusable>, u32)) {
        self.peer.set(peer);
        self.connection.set(Some(connection));
        self.reused.set(reused);
    }

    /// Notes that the name was resolved.
    pub(crate) fn resolved(&self) {
        self.note(|times| &mut times.resolved);
    }

    /// Notes that TCP is connected.
    pub(crate) fn reached(&self) {
        self.note(|times| &mut times.connected);
    }

    /// Notes that the TLS handshake is done.
    pub(crate) fn secured(&self) {
        self.note(|times| &mut times.secured);
    }

    /// Notes that bytes of the request were written.
    pub(crate) fn sent(&self) {
        self.note(|times| &mut times.sent);
    }

    /// Notes that bytes of the response were read.
    pub(crate) fn answered(&self) {
        self.note(|times| &mut times.answered);
    }

    /// Counts bytes of the response.
    pub(crate) fn add_received(&self, count: usize) {
        self.received.set(self.received.get() + count as u64);
    }

    /// Sets a time once; repetitions keep the first.
    fn note(&self, which: impl FnOnce(&mut Timings) -> &mut Option<Mono>) {
        let mut times = self.times.get();
        which(&mut times).get_or_insert_with(|| self.clock.mono());
        self.times.set(times);
    }

    /// Sets the start of the response.
    pub(crate) fn began(&self, answer: ResponseStart) {
        self.answer.set(Some(answer));
    }

    /// Records a failure of this machine.
    pub(crate) fn local_failure(&self, failure: LocalFailure) {
        self.local_failure.set(Some(failure));
    }

    /// Notes an error. The first one is kept: it causes those that follow.
    pub(crate) fn failed(&self, error: FetchError) {
        let first = self.error.take().unwrap_or(error);
        self.error.set(Some(first));
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end();
    }
}
