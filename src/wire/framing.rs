//! A connection as awc sees it: every answer comes with a head that awc cannot misread, and a body that ends early is an
//! error instead of an end.

use std::{
    cell::RefCell,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_rt::net::{ActixStream, Ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    exchange,
    head::{self, Afterwards, Frame, MAX_HEAD, Parsed},
    outgoing::{Question, outgoing},
    socket::Socket,
    words,
};
use crate::outcome::FetchError;

/// Interim answers before the final one, at most.
const MAX_INTERIM: u8 = 16;

/// What is read at once while a head is awaited: a usual page comes with it.
const SCRATCH: usize = 64 << 10;

thread_local! {
    /// Every connection of the thread reads heads into this one.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH]);
}

/// A connection and where it is in its conversation.
#[derive(Debug)]
pub(super) struct Framing<S> {
    socket: S,
    peer: Option<SocketAddr>,
    state: State,
    /// Requests begun on it.
    requests: u32,
    /// Of the request, what is not written yet.
    outgoing: Vec<u8>,
    written: usize,
    /// Read and not handed on yet: the beginning of a head, or of a body. At most `SCRATCH + MAX_HEAD` bytes.
    incoming: Vec<u8>,
    handed: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No request is under way.
    Idle,
    /// The head of an answer is awaited, after so many interim ones.
    Head(Question, u8),
    /// So much of the body is to come.
    Length(u64),
    /// awc knows when the chunks end.
    Chunked,
    /// The body ends with the connection.
    UntilClose,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Framing<S> {
    pub(super) fn new(socket: S, peer: Option<SocketAddr>) -> Self {
        let (requests, outgoing, written, incoming, handed) = Default::default();
        Self { socket, peer, state: State::Idle, requests, outgoing, written, incoming, handed }
    }

    fn begin(&mut self, head: &[u8]) {
        let (question, bytes) = outgoing(head);
        (self.outgoing, self.written) = (bytes, 0);
        self.state = State::Head(question, 0);
        let reused = self.requests > 0;
        self.requests = self.requests.saturating_add(1);
        exchange::tell(|exchange| exchange.connected(self.peer, reused));
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.outgoing.get(self.written..).filter(|rest| !rest.is_empty()) {
            let count = ready!(Pin::new(&mut self.socket).poll_write(cx, rest)).map_err(broken)?;
            if count == 0 {
                return Poll::Ready(Err(broken(io::ErrorKind::WriteZero.into())));
            }
            self.written += count;
            exchange::tell(exchange::Exchange::sent);
        }
        if !self.outgoing.is_empty() {
            (self.outgoing, self.written) = Default::default();
        }
        Poll::Ready(Ok(()))
    }

    /// Reads until the head of the answer is complete, and hands on what awc is to read of it.
    fn poll_head(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>, question: Question) -> Poll<io::Result<()>> {
        BUFFER.with_borrow_mut(|buffer| {
            while matches!(self.state, State::Head(..)) {
                let mut part = ReadBuf::new(buffer);
                if let Err(error) = ready!(Pin::new(&mut self.socket).poll_read(cx, &mut part)) {
                    return Poll::Ready(Err(broken(error)));
                }
                match (part.filled(), self.incoming.is_empty()) {
                    // awc says `Disconnected`.
                    ([], true) => return Poll::Ready(Ok(())),
                    ([], false) => return Poll::Ready(Err(failed(FetchError::Reset("closed within a head".into())))),
                    (bytes, true) => self.take(bytes, 0, buf, question)?,
                    (bytes, false) => {
                        let mut all = std::mem::take(&mut self.incoming);
                        let from = all.len().saturating_sub(2);
                        all.extend_from_slice(bytes);
                        self.take(&all, from, buf, question)?;
                    }
                }
            }
            Poll::Ready(Ok(()))
        })
    }

    /// Takes heads from the beginning of `bytes`, in which none ends before `from`.
    fn take(&mut self, bytes: &[u8], mut from: usize, buf: &mut ReadBuf<'_>, question: Question) -> io::Result<()> {
        exchange::tell(exchange::Exchange::answered);
        let mut rest = bytes;
        loop {
            let Some(end) = head::end_of_head(rest, from).filter(|&end| end <= MAX_HEAD) else {
                if rest.len() > MAX_HEAD {
                    return Err(failed(FetchError::Framing("a head longer than 64 KiB".into())));
                }
                self.incoming = rest.to_vec();
                return Ok(());
            };
            let (head, after) = rest.split_at(end);
            match head::parse(head, question).map_err(|words| failed(FetchError::Framing(words)))? {
                Parsed::Interim => self.interim(question)?,
                Parsed::Final(head, frame, afterwards) => {
                    self.answer(head, frame, afterwards, after, buf);
                    return Ok(());
                }
            }
            (rest, from) = (after, 0);
        }
    }

    fn interim(&mut self, question: Question) -> io::Result<()> {
        let count = if let State::Head(_, count) = self.state { count } else { 0 };
        if count == MAX_INTERIM {
            return Err(failed(FetchError::Framing("too many interim answers".into())));
        }
        self.state = State::Head(question, count + 1);
        Ok(())
    }

    fn answer(
        &mut self,
        head: head::Head,
        frame: Frame,
        mut afterwards: Afterwards,
        body: &[u8],
        buf: &mut ReadBuf<'_>,
    ) {
        let mut body = body;
        self.state = match frame {
            Frame::Length(length) => {
                let inside = usize::try_from(length).map_or(body.len(), |length| body.len().min(length));
                if inside < body.len() {
                    // More than was announced: whatever it is, the next answer it is not.
                    afterwards = Afterwards::Close;
                }
                body = body.get(..inside).unwrap_or_default();
                after(length, inside)
            }
            Frame::Chunked => State::Chunked,
            Frame::UntilClose => State::UntilClose,
        };
        let synthetic = head::for_awc(head.status, frame, afterwards);
        exchange::tell(|exchange| exchange.head(head));
        self.hand(&synthetic, buf);
        self.hand(body, buf);
    }

    /// Hands bytes on; those that do not fit are kept for the next read.
    fn hand(&mut self, bytes: &[u8], buf: &mut ReadBuf<'_>) {
        let (now, later) = bytes.split_at(bytes.len().min(buf.remaining()));
        buf.put_slice(now);
        self.incoming.extend_from_slice(later);
    }

    fn poll_length(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>, length: u64) -> Poll<io::Result<()>> {
        let limit = usize::try_from(length).unwrap_or(usize::MAX);
        let polled = if limit >= buf.remaining() {
            self.poll_socket(cx, buf)
        } else {
            // What comes after the body stays in the socket, where awc's pool finds it.
            BUFFER.with_borrow_mut(|buffer| {
                let mut part = ReadBuf::new(buffer.get_mut(..limit.min(SCRATCH)).unwrap_or_default());
                let polled = self.poll_socket(cx, &mut part);
                buf.put_slice(part.filled());
                polled
            })
        };
        let count = ready!(polled)?;
        if count == 0 {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        self.state = after(length, count);
        Poll::Ready(Ok(()))
    }

    fn poll_socket(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        Poll::Ready(Ok(buf.filled().len() - before))
    }

    /// The beginning of the body that came with the head.
    fn hand_rest(&mut self, buf: &mut ReadBuf<'_>) {
        let rest = self.incoming.get(self.handed..).unwrap_or_default();
        let count = rest.len().min(buf.remaining());
        buf.put_slice(rest.get(..count).unwrap_or_default());
        self.handed += count;
        if self.handed == self.incoming.len() {
            (self.incoming, self.handed) = Default::default();
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Framing<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let State::Head(question, _) = this.state {
            return this.poll_head(cx, buf, question);
        }
        if !this.incoming.is_empty() {
            this.hand_rest(buf);
            return Poll::Ready(Ok(()));
        }
        match this.state {
            // awc's pool looks whether an idle connection is still there.
            State::Idle | State::Head(..) => this.poll_socket(cx, buf).map_ok(drop),
            State::Length(length) => this.poll_length(cx, buf, length),
            State::Chunked => match ready!(this.poll_socket(cx, buf))? {
                0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                _ => Poll::Ready(Ok(())),
            },
            State::UntilClose => match ready!(this.poll_socket(cx, buf)) {
                // TLS without its farewell; many servers end like that.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                result => Poll::Ready(result.map(drop)),
            },
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Framing<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !matches!(this.state, State::Head(..)) {
            this.begin(bytes);
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

impl ActixStream for Framing<Socket> {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.socket.tcp().poll_read_ready(cx).map_ok(|()| Ready::READABLE)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.socket.tcp().poll_write_ready(cx).map_ok(|()| Ready::WRITABLE)
    }
}

/// The state after `count` of `length` bytes.
fn after(length: u64, count: usize) -> State {
    match length.saturating_sub(count as u64) {
        0 => State::Idle,
        left => State::Length(left),
    }
}

/// Tells the Fetcher what is wrong; awc only gets to know that something is.
fn failed(error: FetchError) -> io::Error {
    let io = io::Error::other(error.clone());
    exchange::tell(|exchange| exchange.failed(error));
    io
}

/// A connection that failed before the head of the answer was there.
fn broken(error: io::Error) -> io::Error {
    failed(FetchError::Reset(words(&error)))
}
