//! Reading from a connection: heads up to the final one, then the body up to its end.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::ReadBuf;

use super::{
    Framing, State, broken,
    chunks::{Chunks, Decoded},
    failed,
};
use crate::{
    failure::FetchError,
    transport::{
        awc::{
            exchange::{self, ResponseStart},
            head::for_awc,
        },
        http1::{
            body_frame::{Afterwards, Frame, ResponseKind},
            response_head::{self, MAX_HEAD, ParsedHead, ResponseHead},
        },
        pool::Endpoint,
    },
};

/// Maximum number of interim responses (1xx) before the final one.
const MAX_INTERIM: u8 = 16;

/// Bytes read at once while waiting for a head: a usual page comes with its head.
const SCRATCH: usize = 64 << 10;

/// Bytes copied at once.
const COPY: usize = 4 << 10;

thread_local! {
    /// Buffer shared by all connections of the thread.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH]);
}

impl<S: Endpoint> Framing<S> {
    /// Reads until the head of the final response is complete, and gives awc its minimal head.
    pub(crate) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        kind: ResponseKind,
    ) -> Poll<io::Result<()>> {
        BUFFER.with_borrow_mut(|buffer| {
            while matches!(self.state, State::Head(..)) {
                let mut part = ReadBuf::new(buffer);
                if let Err(error) = ready!(Pin::new(&mut self.socket).poll_read(cx, &mut part)) {
                    return Poll::Ready(Err(broken(error)));
                }
                exchange::with_current(|exchange| exchange.add_received(part.filled().len()));
                match (part.filled(), self.incoming.is_empty()) {
                    // Closed before a response: awc reports `Disconnected`.
                    ([], true) => return Poll::Ready(Ok(())),
                    ([], false) => {
                        return Poll::Ready(Err(failed(FetchError::Reset("closed within the response head".into()))));
                    }
                    (bytes, true) => self.take(bytes, 0, buf, kind)?,
                    (bytes, false) => {
                        let from = self.incoming.len().saturating_sub(2);
                        self.incoming.extend_from_slice(bytes);
                        // A head that arrives byte by byte must not be copied for every byte.
                        if self.incoming.len() > MAX_HEAD || response_head::end_of_head(&self.incoming, from).is_some()
                        {
                            let all = std::mem::take(&mut self.incoming);
                            self.take(&all, from, buf, kind)?;
                        }
                    }
                }
            }
            Poll::Ready(Ok(()))
        })
    }

    /// Takes heads from the start of `bytes`. None of them ends before `from`.
    fn take(&mut self, bytes: &[u8], mut from: usize, buf: &mut ReadBuf<'_>, kind: ResponseKind) -> io::Result<()> {
        exchange::with_current(exchange::Exchange::answered);
        let mut rest = bytes;
        loop {
            let Some(end) = response_head::end_of_head(rest, from).filter(|&end| end <= MAX_HEAD) else {
                if !response_head::may_become_head(rest) {
                    return Err(failed(FetchError::Framing("not an HTTP/1 response".into())));
                }
                if rest.len() > MAX_HEAD {
                    return Err(failed(FetchError::Framing("response head is longer than 64 KiB".into())));
                }
                self.incoming = rest.to_vec();
                return Ok(());
            };
            let (head, after) = rest.split_at(end);
            match response_head::parse(head, kind).map_err(|message| failed(FetchError::Framing(message)))? {
                ParsedHead::Interim => self.interim(kind)?,
                ParsedHead::Final(head, frame, afterwards) => {
                    return self.answer(head, frame, afterwards, after, buf);
                }
            }
            (rest, from) = (after, 0);
        }
    }

    fn interim(&mut self, kind: ResponseKind) -> io::Result<()> {
        let count = if let State::Head(_, count) = self.state { count } else { 0 };
        if count == MAX_INTERIM {
            return Err(failed(FetchError::Framing("more than 16 interim responses".into())));
        }
        self.state = State::Head(kind, count + 1);
        Ok(())
    }

    /// Keeps the final head and what came of the body in the exchange, and gives awc its minimal head.
    fn answer(
        &mut self,
        head: ResponseHead,
        frame: Frame,
        afterwards: Afterwards,
        rest: &[u8],
        buf: &mut ReadBuf<'_>,
    ) -> io::Result<()> {
        let start = begin_body(frame, rest).map_err(|message| failed(FetchError::Framing(message.into())))?;
        let BodyStart { body, left, state } = start;
        // More bytes than announced cannot be the next response: no request was sent yet.
        let afterwards = if state == State::Spent { Afterwards::Close } else { afterwards };
        self.state = state;
        self.hand(&for_awc(head.status, left, afterwards), buf);
        let is_whole = left == Frame::Length(0);
        exchange::with_current(|exchange| exchange.began(ResponseStart { head, body: body.into(), is_whole }));
        Ok(())
    }

    /// Gives bytes to awc. Those that do not fit are kept for its next read.
    fn hand(&mut self, bytes: &[u8], buf: &mut ReadBuf<'_>) {
        let (now, later) = bytes.split_at(bytes.len().min(buf.remaining()));
        buf.put_slice(now);
        self.incoming.extend_from_slice(later);
    }

    /// Reads from a body with `length` bytes left, and not beyond it.
    pub(crate) fn poll_length(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        length: u64,
    ) -> Poll<io::Result<()>> {
        let limit = usize::try_from(length).unwrap_or(usize::MAX);
        let polled = if limit >= buf.remaining() {
            self.poll_socket(cx, buf)
        } else {
            // Bytes after the body stay in the socket; awc's pool notices them and drops the connection.
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

    /// Reads of a body in chunks until there is something to hand on.
    pub(crate) fn poll_chunks(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
        mut chunks: Chunks,
    ) -> Poll<io::Result<()>> {
        BUFFER.with_borrow_mut(|buffer| {
            let room = buf.remaining().clamp(1, SCRATCH);
            loop {
                let mut part = ReadBuf::new(buffer.get_mut(..room).unwrap_or_default());
                if ready!(self.poll_socket(cx, &mut part))? == 0 {
                    return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                }
                let broken = |message| io::Error::new(io::ErrorKind::InvalidData, message);
                chunks = match self.chunks(chunks, part.filled_mut(), buf).map_err(broken)? {
                    Some(chunks) => chunks,
                    None => return Poll::Ready(Ok(())),
                };
            }
        })
    }

    /// Gives awc the data in a part of a chunked body, as one chunk. Returns the position in the body if there was no data.
    fn chunks(
        &mut self,
        mut chunks: Chunks,
        part: &mut [u8],
        buf: &mut ReadBuf<'_>,
    ) -> Result<Option<Chunks>, &'static str> {
        let Decoded { data, used } = chunks.decode(part)?;
        self.state = match chunks {
            Chunks::End if used == part.len() => State::Idle,
            Chunks::End => State::Spent,
            _ => State::Chunked(chunks),
        };
        if data > 0 {
            self.hand(format!("{data:x}\r\n").as_bytes(), buf);
            self.hand(part.get(..data).unwrap_or_default(), buf);
            self.hand(b"\r\n", buf);
        }
        if chunks == Chunks::End {
            self.hand(b"0\r\n\r\n", buf);
        }
        Ok((data == 0 && chunks != Chunks::End).then_some(chunks))
    }

    /// Reads what is there. Returns the number of bytes, 0 at the end.
    pub(crate) fn poll_socket(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        let count = buf.filled().len() - before;
        exchange::with_current(|exchange| exchange.add_received(count));
        Poll::Ready(Ok(count))
    }

    /// Gives awc bytes that did not fit before.
    pub(crate) fn hand_kept(&mut self, buf: &mut ReadBuf<'_>) {
        let rest = self.incoming.get(self.handed..).unwrap_or_default();
        let count = rest.len().min(buf.remaining());
        buf.put_slice(rest.get(..count).unwrap_or_default());
        self.handed += count;
        if self.handed == self.incoming.len() {
            (self.incoming, self.handed) = (Vec::new(), 0);
        }
    }
}

/// The part of a body that came with the head.
struct BodyStart {
    body: Vec<u8>,
    /// Where the rest of the body ends.
    left: Frame,
    state: State,
}

/// Takes the start of a body from `rest`, all bytes that came after the head.
///
/// # Errors
/// What is wrong with a chunk.
fn begin_body(frame: Frame, rest: &[u8]) -> Result<BodyStart, &'static str> {
    let (body, left, state) = match frame {
        Frame::Length(length) => {
            let inside = usize::try_from(length).map_or(rest.len(), |length| rest.len().min(length));
            let state = if inside < rest.len() { State::Spent } else { after(length, inside) };
            (copied(rest.get(..inside).unwrap_or_default()), Frame::Length(length - inside as u64), state)
        }
        Frame::Chunked => {
            let (mut body, mut chunks) = (copied(rest), Chunks::Start);
            let Decoded { data, used } = chunks.decode(&mut body)?;
            body.truncate(data);
            match chunks {
                Chunks::End if used == rest.len() => (body, Frame::Length(0), State::Idle),
                Chunks::End => (body, Frame::Length(0), State::Spent),
                _ => (body, Frame::Chunked, State::Chunked(chunks)),
            }
        }
        Frame::UntilClose => (copied(rest), Frame::UntilClose, State::UntilClose),
    };
    Ok(BodyStart { body, left, state })
}

/// Copies bytes to an allocation of their own, in small parts. A large copy uses `rep movsb`: no faster, but valgrind
/// counts an instruction per byte for it, which would hide all other costs of a request in the benchmark.
fn copied(bytes: &[u8]) -> Vec<u8> {
    let mut copy = Vec::with_capacity(bytes.len());
    bytes.chunks(COPY).for_each(|part| copy.extend_from_slice(part));
    copy
}

/// The state after `count` of `length` bytes.
fn after(length: u64, count: usize) -> State {
    match length.saturating_sub(count as u64) {
        0 => State::Idle,
        left => State::Length(left),
    }
}
