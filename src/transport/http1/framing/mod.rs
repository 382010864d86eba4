//! The framing between a connection and awc.
//!
//! It writes our request head in place of awc's, gives awc a response head that cannot be misread, and turns a body that
//! ends early into an error.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | the framing's state; writing |
//! | `incoming` | reading heads and bodies |
//! | `chunks` | the chunked transfer coding |

pub(crate) mod chunks;
pub(crate) mod incoming;
#[cfg(test)]
mod tests;

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::chunks::Chunks;
use super::{body_frame::ResponseKind, response_head::end_of_head};
use crate::{
    base::text,
    failure::FetchError,
    transport::{awc::exchange, pool::Endpoint},
};

/// A connection with its position in the current request.
pub(crate) struct Framing<S> {
    socket: S,
    state: State,
    /// The request as it goes out; `written` bytes of it are written.
    outgoing: Vec<u8>,
    written: usize,
    /// Bytes read: the start of a head, or what awc gets next. awc already has `handed` of them. At most
    /// `SCRATCH + MAX_HEAD`.
    incoming: Vec<u8>,
    handed: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No request is under way.
    Idle,
    /// Waits for a response head; the number counts interim responses so far.
    Head(ResponseKind, u8),
    /// This many bytes of the body are still to come.
    Length(u64),
    /// A body in chunks.
    Chunked(Chunks),
    /// The body ends with the connection.
    UntilClose,
    /// More bytes came than the response has: the connection cannot be used again.
    Spent,
}

impl<S: Endpoint> Framing<S> {
    /// A new connection.
    pub(crate) fn new(socket: S) -> Self {
        Self { socket, state: State::Idle, outgoing: Vec::new(), written: 0, incoming: Vec::new(), handed: 0 }
    }

    /// The connection beneath.
    pub(crate) fn endpoint(&self) -> &S {
        &self.socket
    }

    /// Takes awc's first write of a request, which contains the whole head. Our own head is sent instead.
    fn begin(&mut self, written: &[u8]) -> io::Result<()> {
        let Some((kind, mut bytes)) = exchange::sending() else {
            return Err(failed(FetchError::Request("no request was prepared".into())));
        };
        let end = end_of_head(written, 0).unwrap_or(written.len());
        bytes.extend_from_slice(written.get(end..).unwrap_or_default());
        (self.outgoing, self.written) = (bytes, 0);
        self.state = State::Head(kind, 0);
        self.socket.begin();
        Ok(())
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.outgoing.get(self.written..).filter(|rest| !rest.is_empty()) {
            let count = ready!(Pin::new(&mut self.socket).poll_write(cx, rest)).map_err(broken)?;
            if count == 0 {
                return Poll::Ready(Err(broken(io::ErrorKind::WriteZero.into())));
            }
            self.written += count;
            exchange::with_current(exchange::Exchange::sent);
        }
        if !self.outgoing.is_empty() {
            (self.outgoing, self.written) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Endpoint> AsyncRead for Framing<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let State::Head(kind, _) = this.state {
            return this.poll_head(cx, buf, kind);
        }
        if !this.incoming.is_empty() {
            this.hand_kept(buf);
            return Poll::Ready(Ok(()));
        }
        match this.state {
            // awc's pool checks whether an idle connection is still open.
            State::Idle | State::Head(..) => this.poll_socket(cx, buf).map_ok(drop),
            State::Length(length) => this.poll_length(cx, buf, length),
            State::Chunked(chunks) => this.poll_chunks(cx, buf, chunks),
            // To awc's pool this looks closed.
            State::Spent => Poll::Ready(Ok(())),
            State::UntilClose => match ready!(this.poll_socket(cx, buf)) {
                // TLS without close_notify: many servers end like that.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                result => Poll::Ready(result.map(drop)),
            },
        }
    }
}

impl<S: Endpoint> AsyncWrite for Framing<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !matches!(this.state, State::Head(..)) {
            this.begin(bytes)?;
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.socket).poll_write(cx, bytes).map_err(broken)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.socket).poll_flush(cx).map_err(broken)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

impl<S> fmt::Debug for Framing<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Framing").field("state", &self.state).finish_non_exhaustive()
    }
}

/// Keeps an error in the exchange, for the Fetcher. awc only learns that there is one.
fn failed(error: FetchError) -> io::Error {
    let io = io::Error::other(error.clone());
    exchange::with_current(|exchange| exchange.failed(error));
    io
}

/// The error of a connection that failed. In TLS 1.3 a server may refuse the handshake only after the request is sent.
fn broken(error: io::Error) -> io::Error {
    let is_tls = error.get_ref().is_some_and(|cause| cause.is::<rustls::Error>());
    failed(if is_tls { FetchError::Tls(text::from_error(&error)) } else { FetchError::Reset(text::from_error(&error)) })
}
