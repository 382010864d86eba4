//! What transport and Fetcher tell each other past awc about the request under way in a task.

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
        http1::{
            request_head::RequestHead,
            response_head::{ResponseHead, ResponseKind},
        },
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

/// One request and its answer, as the transport sees them. A connection finds it through the task that drives it.
pub(crate) struct Exchange {
    clock: Clock,
    times: Cell<Timings>,
    /// The head of the request, until it goes out.
    request: Cell<Option<RequestHead>>,
    /// The same as it went out, where somebody wants to see it.
    sent_head: RefCell<Option<Vec<u8>>>,
    peer: Cell<Option<SocketAddr>>,
    /// The connection, and which of its requests this is.
    connection: Cell<Option<(Weak<dyn Reusable>, u32)>>,
    /// Whether the connection had served a request before.
    reused: Cell<bool>,
    answer: Cell<Option<ResponseStart>>,
    error: Cell<Option<FetchError>>,
    proxy: Cell<Option<Rc<Proxy>>>,
    local_failure: Cell<Option<LocalFailure>>,
}

/// An answer, as far as it came with its head: the beginning of a body goes past awc, which would copy it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ResponseStart {
    /// What the server wrote.
    pub(crate) head: ResponseHead,
    /// The first bytes of the body; awc has those that follow.
    pub(crate) body: Bytes,
    /// Whether that is all of it.
    pub(crate) is_whole: bool,
}

/// When a request got how far. What did not happen, as on a connection that was there already, has no time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timings {
    /// It was to be sent.
    pub(crate) asked: Option<Mono>,
    /// The name of its host, or of the proxy, had an address.
    pub(crate) resolved: Option<Mono>,
    /// TCP was connected.
    pub(crate) connected: Option<Mono>,
    /// The TLS handshake was done.
    pub(crate) secured: Option<Mono>,
    /// The first byte of the request was written.
    pub(crate) sent: Option<Mono>,
    /// The first byte of an answer was read.
    pub(crate) answered: Option<Mono>,
}

/// The Fetcher's side.
impl Exchange {
    /// Nothing has happened yet.
    pub(crate) fn new(clock: Clock) -> Rc<Self> {
        Rc::new(Self {
            clock,
            times: Cell::default(),
            request: Cell::new(None),
            sent_head: RefCell::default(),
            peer: Cell::new(None),
            connection: Cell::new(None),
            reused: Cell::new(false),
            answer: Cell::new(None),
            error: Cell::new(None),
            proxy: Cell::new(None),
            local_failure: Cell::new(None),
        })
    }

    /// Keeps the heads of requests as they go out, for [`Exchange::take_sent_head`].
    pub(crate) fn keep_sent_heads(&self) {
        self.sent_head.replace(Some(Vec::new()));
    }

    /// Runs a future in whose requests the transport tells this exchange.
    pub(crate) async fn scope<F: Future>(self: Rc<Self>, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// Forgets the request before: another one is about to be sent now, through this proxy.
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

    /// What the next request says.
    pub(crate) fn prepare(&self, request: RequestHead) {
        self.request.set(Some(request));
    }

    /// The request is over: its connection may be kept, if it still is there.
    fn end(&self) {
        if let Some((connection, number)) = self.connection.take()
            && let Some(connection) = connection.upgrade()
        {
            connection.release(number);
        }
    }

    /// When the request went out, if it has.
    pub(crate) fn started(&self) -> Option<Mono> {
        self.times.get().sent
    }

    /// When the request got how far.
    pub(crate) fn times(&self) -> Timings {
        self.times.get()
    }

    /// The head of the request as it went out, if these are kept.
    pub(crate) fn take_sent_head(&self) -> Vec<u8> {
        self.sent_head.borrow_mut().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The address connected to, if one is.
    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        self.peer.get()
    }

    /// Whether the request went out on a connection that the peer may have given up before, and no byte came back.
    pub(crate) fn is_stale(&self) -> bool {
        self.reused.get() && self.times.get().answered.is_none()
    }

    /// The answer, once.
    pub(crate) fn take_answer(&self) -> Option<ResponseStart> {
        self.answer.take()
    }

    /// What kept the request from being sent without being anybody's fault, once.
    pub(crate) fn take_local_failure(&self) -> Option<LocalFailure> {
        self.local_failure.take()
    }

    /// What the transport found wrong, once: more exact than what awc makes of it.
    pub(crate) fn take_error(&self) -> Option<FetchError> {
        self.error.take()
    }
}

/// The transport's side. Outside of a scope nobody listens.
pub(crate) fn with_current(what: impl FnOnce(&Exchange)) {
    CURRENT.try_with(|exchange| what(exchange)).ok();
}

/// The proxy that the request under way goes through.
pub(crate) fn proxy() -> Option<Rc<Proxy>> {
    let take = |exchange: &Rc<Exchange>| {
        let proxy = exchange.proxy.take();
        exchange.proxy.set(proxy.clone());
        proxy
    };
    CURRENT.try_with(take).ok().flatten()
}

/// The request under way goes out: its head as it is to be written, once.
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

impl Exchange {
    /// The request goes out on this connection.
    pub(crate) fn connected(&self, peer: Option<SocketAddr>, reused: bool, connection: (Weak<dyn Reusable>, u32)) {
        self.peer.set(peer);
        self.connection.set(Some(connection));
        self.reused.set(reused);
    }

    /// The name has an address.
    pub(crate) fn resolved(&self) {
        self.note(|times| &mut times.resolved);
    }

    /// There is a TCP connection.
    pub(crate) fn reached(&self) {
        self.note(|times| &mut times.connected);
    }

    /// There is TLS over it.
    pub(crate) fn secured(&self) {
        self.note(|times| &mut times.secured);
    }

    /// Bytes of the request are written.
    pub(crate) fn sent(&self) {
        self.note(|times| &mut times.sent);
    }

    /// Bytes came back.
    pub(crate) fn answered(&self) {
        self.note(|times| &mut times.answered);
    }

    /// What happens again counts from its first time.
    fn note(&self, which: impl FnOnce(&mut Timings) -> &mut Option<Mono>) {
        let mut times = self.times.get();
        which(&mut times).get_or_insert_with(|| self.clock.mono());
        self.times.set(times);
    }

    /// The head of the answer is complete.
    pub(crate) fn began(&self, answer: ResponseStart) {
        self.answer.set(Some(answer));
    }

    /// The request cannot be sent now.
    pub(crate) fn local_failure(&self, failure: LocalFailure) {
        self.local_failure.set(Some(failure));
    }

    /// Something is wrong. The first error is the cause of those that follow.
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
