//! What is read from a connection: heads until the final one, and the body up to its end.

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
        awc::exchange::{self, ResponseStart},
        http1::response_head::{self, Afterwards, Frame, MAX_HEAD, ParsedHead, ResponseHead, ResponseKind},
        pool::Endpoint,
    },
};

/// Interim answers before the final one, at most.
const MAX_INTERIM: u8 = 16;

/// What is read at once while a head is awaited: a usual page comes with it.
const SCRATCH: usize = 64 << 10;

/// Bytes copied at once.
const COPY: usize = 4 << 10;

thread_local! {
    /// Every connection of the thread reads heads into this one.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH]);
}

impl<S: Endpoint> Framing<S> {
    /// Reads until the head of the answer is complete, and hands on what awc is to read of it.
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
                match (part.filled(), self.incoming.is_empty()) {
                    // awc says `Disconnected`.
                    ([], true) => return Poll::Ready(Ok(())),
                    ([], false) => return Poll::Ready(Err(failed(FetchError::Reset("closed within a head".into())))),
                    (bytes, true) => self.take(bytes, 0, buf, kind)?,
                    (bytes, false) => {
                        let from = self.incoming.len().saturating_sub(2);
                        self.incoming.extend_from_slice(bytes);
                        // A head that drips in byte by byte must not be copied as often.
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

    /// Takes heads from the beginning of `bytes`, in which none ends before `from`.
    fn take(&mut self, bytes: &[u8], mut from: usize, buf: &mut ReadBuf<'_>, kind: ResponseKind) -> io::Result<()> {
        exchange::with_current(exchange::Exchange::answered);
        let mut rest = bytes;
        loop {
            let Some(end) = response_head::end_of_head(rest, from).filter(|&end| end <= MAX_HEAD) else {
                if !response_head::may_be_one(rest) {
                    return Err(failed(FetchError::Framing("no HTTP/1 answer".into())));
                }
                if rest.len() > MAX_HEAD {
                    return Err(failed(FetchError::Framing("a head longer than 64 KiB".into())));
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
            return Err(failed(FetchError::Framing("too many interim answers".into())));
        }
        self.state = State::Head(kind, count + 1);
        Ok(())
    }

    /// Hands on the head of an answer, and past awc what has come of its body.
    fn answer(
        &mut self,
        head: ResponseHead,
        frame: Frame,
        afterwards: Afterwards,
        rest: &[u8],
        buf: &mut ReadBuf<'_>,
    ) -> io::Result<()> {
        let begun = begin_body(frame, rest).map_err(|message| failed(FetchError::Framing(message.into())))?;
        let Begun { body, left, state } = begun;
        // More than was announced: whatever it is, the next answer it is not.
        let afterwards = if state == State::Spent { Afterwards::Close } else { afterwards };
        self.state = state;
        self.hand(&response_head::for_awc(head.status, left, afterwards), buf);
        let is_whole = left == Frame::Length(0);
        exchange::with_current(|exchange| exchange.began(ResponseStart { head, body: body.into(), is_whole }));
        Ok(())
    }

    /// Hands bytes on; those that do not fit are kept for the next read.
    fn hand(&mut self, bytes: &[u8], buf: &mut ReadBuf<'_>) {
        let (now, later) = bytes.split_at(bytes.len().min(buf.remaining()));
        buf.put_slice(now);
        self.incoming.extend_from_slice(later);
    }

    /// Reads of a body that still is `length` bytes long, and no further.
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

    /// Hands the data in a part of a body in chunks on, as one chunk. Where there is none to hand on, says where the body
    /// stands.
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

    /// Reads what there is; says how much, 0 at the end.
    pub(crate) fn poll_socket(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<usize>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        Poll::Ready(Ok(buf.filled().len() - before))
    }

    /// What there was no room for.
    pub(crate) fn hand_rest(&mut self, buf: &mut ReadBuf<'_>) {
        let rest = self.incoming.get(self.handed..).unwrap_or_default();
        let count = rest.len().min(buf.remaining());
        buf.put_slice(rest.get(..count).unwrap_or_default());
        self.handed += count;
        if self.handed == self.incoming.len() {
            (self.incoming, self.handed) = Default::default();
        }
    }
}

/// What came of a body with its head.
struct Begun {
    body: Vec<u8>,
    /// Where what is left of it ends.
    left: Frame,
    state: State,
}

/// Takes the beginning of a body from `rest`, which is all that came.
///
/// # Errors
/// What is no chunk, in words.
fn begin_body(frame: Frame, rest: &[u8]) -> Result<Begun, &'static str> {
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
    Ok(Begun { body, left, state })
}

/// The same bytes in an allocation of their own. In parts: larger ones are copied by `rep movsb`, which takes as long, and
/// which valgrind takes for one instruction a byte, so that all else that a request costs is lost beside it.
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
