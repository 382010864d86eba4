//! `zstd` (RFC 8878): a sequence of frames, with windows of bounded size.

use std::io::{BufRead, Chain, Cursor, Error, ErrorKind, Read, Result, copy, sink};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// Maximum window of the content coding, in bytes (RFC 9659 section 3). A single-segment frame has a window as large as its
/// content, so its window may be as large as the limit.
const MAX_WINDOW: u64 = 8 << 20;

/// Magic numbers of a frame, and of a skippable frame (whose low four bits are free).
const FRAME: u32 = 0xfd2f_b528;
const SKIPPABLE: u32 = 0x184d_2a50;

type Frame<R> = StreamingDecoder<Chain<Cursor<Vec<u8>>, R>, FrameDecoder>;

/// Decodes all frames.
pub(crate) struct Frames<R: Read> {
    state: DecoderState<R>,
    max_window: u64,
}

enum DecoderState<R: Read> {
    Between(R),
    Within(Box<Frame<R>>),
    End,
}

impl<R: BufRead> Frames<R> {
    pub(crate) fn new(source: R, max: usize) -> Self {
        Self { state: DecoderState::Between(source), max_window: MAX_WINDOW.max(max as u64) }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            self.state = match std::mem::replace(&mut self.state, DecoderState::End) {
                DecoderState::End => return Ok(0),
                DecoderState::Between(source) => next_frame(source, self.max_window)?,
                DecoderState::Within(mut frame) => {
                    let read = frame.read(buffer)?;
                    if read > 0 || buffer.is_empty() {
                        self.state = DecoderState::Within(frame);
                        return Ok(read);
                    }
                    DecoderState::Between(frame.into_inner().into_inner().1)
                }
            }
        }
    }
}

/// Reads the header of the next frame. Nothing is allocated before its window is known to be small enough.
fn next_frame<R: BufRead>(mut source: R, max_window: u64) -> Result<DecoderState<R>> {
    if source.fill_buf()?.is_empty() {
        return Ok(DecoderState::End);
    }
    let mut head = Vec::with_capacity(14);
    let magic = number(&mut source, 4, &mut head)?;
    if magic & !0xf == u64::from(SKIPPABLE) {
        let length = number(&mut source, 4, &mut head)?;
        copy(&mut source.by_ref().take(length), &mut sink())?;
        return Ok(DecoderState::Between(source));
    }
    if magic != u64::from(FRAME) {
        return Err(corrupt("not a frame"));
    }
    if window(&mut source, &mut head)? > max_window {
        return Err(corrupt("the window is too large"));
    }
    let frame = StreamingDecoder::new(Cursor::new(head).chain(source)).map_err(|_| corrupt("bad frame header"))?;
    Ok(DecoderState::Within(Box::new(frame)))
}

/// Returns the window size of a frame (RFC 8878 section 3.1.1.1).
fn window(source: &mut impl Read, head: &mut Vec<u8>) -> Result<u64> {
    let descriptor = number(source, 1, head)?;
    let single_segment = descriptor & 0x20 != 0;
    if !single_segment {
        let window = number(source, 1, head)?;
        let base = 1u64 << (10 + (window >> 3));
        return Ok(base + (base >> 3) * (window & 7));
    }
    let dictionary = match descriptor & 3 {
        3 => 4,
        length => length,
    };
    number(source, dictionary, head)?;
    match descriptor >> 6 {
        0 => number(source, 1, head),
        1 => Ok(number(source, 2, head)? + 256),
        2 => number(source, 4, head),
        _ => number(source, 8, head),
    }
}

/// Reads a little-endian number of up to eight bytes, and appends the bytes to `head`.
fn number(source: &mut impl Read, length: u64, head: &mut Vec<u8>) -> Result<u64> {
    let start = head.len();
    source.take(length).read_to_end(head)?;
    let bytes = head.get(start..).unwrap_or_default();
    if bytes.len() as u64 != length {
        return Err(corrupt("frame header is cut"));
    }
    Ok(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

fn corrupt(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, message)
}
