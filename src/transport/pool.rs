//! Connections that wait for their next request.
//!
//! awc's own pool closes a connection only when its host is requested again, and never forgets a host. So the [`IdlePool`]
//! takes the socket away beneath awc, and counts how often: then awc's pool is renewed.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io,
    net::SocketAddr,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    awc::exchange::{self, Reusable},
    connect::socket::Socket,
};
use crate::{base::time::Mono, runtime::clock::Clock};

/// The idle connections of a transport, longest idle first.
pub(crate) struct IdlePool {
    clock: Clock,
    keep_alive: Duration,
    /// Maximum number of idle connections.
    limit: usize,
    /// At most twice the limit (or 128): entries of connections in use again are removed late.
    queue: RefCell<VecDeque<IdleConnection>>,
    idle_count: Cell<usize>,
    closed: Cell<usize>,
}

/// A connection that became idle after its request of this number.
struct IdleConnection {
    since: Mono,
    connection: Weak<Connection>,
    number: u32,
}

/// One connection. Its pool may close it while no request uses it.
pub(crate) struct Connection {
    socket: RefCell<Option<Socket>>,
    peer: Option<SocketAddr>,
    idle_pool: Rc<IdlePool>,
    /// Number of requests started on it.
    requests: Cell<u32>,
    is_idle: Cell<bool>,
}

/// awc's handle to a connection.
pub(crate) struct PooledStream(Rc<Connection>);

impl IdlePool {
    /// A pool that keeps up to `limit` connections idle, each for up to `keep_alive`.
    pub(crate) fn new(clock: Clock, keep_alive: Duration, limit: usize) -> Rc<Self> {
        Rc::new(Self {
            clock,
            keep_alive,
            limit,
            queue: RefCell::default(),
            idle_count: Cell::new(0),
            closed: Cell::new(0),
        })
    }

    /// Returns true if more than `count` connections were closed since it last returned true.
    pub(crate) fn has_closed(&self, count: usize) -> bool {
        let has_closed = self.closed.get() > count;
        if has_closed {
            self.closed.set(0);
        }
        has_closed
    }

    /// Closes connections idle for too long, and the longest idle ones beyond the limit.
    pub(crate) fn sweep(&self) {
        self.shrink(self.clock.mono(), self.keep_alive, self.limit);
    }

    /// Closes all idle connections.
    pub(crate) fn close_all(&self) {
        self.shrink(self.clock.mono(), Duration::ZERO, 0);
    }

    fn shrink(&self, now: Mono, keep_alive: Duration, limit: usize) {
        let mut queue = self.queue.borrow_mut();
        while let Some(entry) = queue.front() {
            let live = entry.live();
            let is_due = now.since(entry.since) >= keep_alive || self.idle_count.get() > limit;
            match live {
                Some(connection) if is_due => {
                    connection.close();
                    self.closed.set(self.closed.get() + 1);
                }
                Some(_) => break,
                None => {}
            }
            queue.pop_front();
        }
        if queue.len() > 2 * self.limit.max(64) {
            queue.retain(|entry| entry.live().is_some());
        }
    }
}

impl IdleConnection {
    fn live(&self) -> Option<Rc<Connection>> {
        self.connection.upgrade().filter(|connection| connection.is_idle_after(self.number))
    }
}

impl Reusable for Connection {
    fn release(self: Rc<Self>, number: u32) {
        if self.requests.get() != number || self.is_idle.replace(true) {
            return;
        }
        let idle_pool = self.idle_pool.clone();
        idle_pool.idle_count.set(idle_pool.idle_count.get() + 1);
        let since = idle_pool.clock.mono();
        let entry = IdleConnection { since, connection: Rc::downgrade(&self), number };
        idle_pool.queue.borrow_mut().push_back(entry);
        idle_pool.shrink(since, idle_pool.keep_alive, idle_pool.limit);
    }
}

impl Connection {
    fn is_idle_after(&self, number: u32) -> bool {
        self.is_idle.get() && self.requests.get() == number
    }

    fn wake(&self) {
        if self.is_idle.replace(false) {
            self.idle_pool.idle_count.set(self.idle_pool.idle_count.get().saturating_sub(1));
        }
    }

    fn close(&self) {
        self.wake();
        self.socket.take();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.wake();
    }
}

impl PooledStream {
    /// A new connection.
    pub(crate) fn new(socket: Socket, idle_pool: Rc<IdlePool>) -> Self {
        let peer = socket.peer();
        Self(Rc::new(Connection {
            socket: RefCell::new(Some(socket)),
            peer,
            idle_pool,
            requests: Cell::new(0),
            is_idle: Cell::new(false),
        }))
    }

    /// Runs `poll` on the socket, unless it was closed.
    pub(crate) fn with<T>(&self, poll: impl FnOnce(&mut Socket) -> T) -> Option<T> {
        self.0.socket.borrow_mut().as_mut().map(poll)
    }
}

impl Endpoint for PooledStream {
    fn begin(&self) {
        let connection = &self.0;
        let number = connection.requests.get().wrapping_add(1);
        connection.requests.set(number);
        connection.wake();
        let reusable: Weak<dyn Reusable> = Rc::downgrade(&(connection.clone() as Rc<dyn Reusable>));
        exchange::with_current(|exchange| exchange.connected(connection.peer, number > 1, (reusable, number)));
    }
}

impl AsyncRead for PooledStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // To awc a closed socket looks like one closed by the peer.
        self.with(|socket| Pin::new(socket).poll_read(cx, buf)).unwrap_or(Poll::Ready(Ok(())))
    }
}

impl AsyncWrite for PooledStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|socket| Pin::new(socket).poll_write(cx, bytes)).unwrap_or_else(gone)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|socket| Pin::new(socket).poll_flush(cx)).unwrap_or_else(gone)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|socket| Pin::new(socket).poll_shutdown(cx)).unwrap_or(Poll::Ready(Ok(())))
    }
}

fn gone<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
}

/// A connection beneath the framing.
pub(crate) trait Endpoint: AsyncRead + AsyncWrite + Unpin {
    /// Notes that a request starts.
    fn begin(&self);
}
