//! Lines of text files as other programs write them.

use std::{
    io::{self, BufRead, BufReader, Cursor, Read},
    mem,
};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE};
use memchr::memchr2;

/// Maximum length of a line in bytes (64 KiB).
const MAX_LINE: usize = 64 << 10;

/// UTF-8 of U+FFFD, which replaces what is not valid UTF-16.
const REPLACEMENT: &str = "\u{fffd}";

/// Lines of a text, read one at a time.
///
/// The text may be UTF-8 or UTF-16, with or without a byte order mark. Lines end with LF, CRLF or CR. A line is returned
/// as soon as its end has been read, so a pipe may stay open.
pub(crate) struct TextLines {
    source: Source,
    /// Number of lines read so far.
    number: u64,
    /// Whether the last line ended with CR, so that an LF at once belongs to the same line end.
    follows_return: bool,
    /// Whether the text has ended, or an error occurred that would repeat for ever.
    is_over: bool,
}

enum Source {
    /// Nothing has been read, so the encoding is unknown.
    Unread(Box<dyn Read + Send>),
    Utf8(Box<dyn BufRead + Send>),
    /// UTF-16, converted to UTF-8.
    Utf16(Box<dyn BufRead + Send>),
}

impl TextLines {
    /// Creates the lines of a text; reads nothing yet.
    pub(crate) fn new(text: impl Read + Send + 'static) -> Self {
        Self { source: Source::Unread(Box::new(text)), number: 0, follows_return: false, is_over: false }
    }

    /// Returns the number of lines read so far.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Reads a line, without its end and without a byte order mark. Returns `None` at the end of the text.
    ///
    /// UTF-16 is converted to UTF-8. Any other text is returned as it is, which may not be UTF-8.
    ///
    /// # Errors
    /// With [`io::ErrorKind::InvalidData`] the line is too long or is not valid UTF-16, and the next line can be read.
    /// After any other error there are no more lines.
    pub(crate) fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.is_over {
            return Ok(None);
        }
        let line = self.read_line();
        self.is_over = match &line {
            Ok(line) => line.is_none(),
            Err(error) => error.kind() != io::ErrorKind::InvalidData,
        };
        line
    }

    fn read_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let (mut line, mut length, mut end) = (Vec::new(), 0, None);
        let (text, is_converted) = self.source.open()?;
        while end.is_none() {
            let part = text.fill_buf()?;
            if mem::take(&mut self.follows_return) && part.first() == Some(&b'\n') {
                text.consume(1);
                continue;
            }
            if part.is_empty() {
                break;
            }
            let (content, feed) = match memchr2(b'\n', b'\r', part) {
                Some(at) => part.split_at(at),
                None => (part, &[][..]),
            };
            end = feed.first().copied();
            length += content.len();
            line.extend(content.iter().take(MAX_LINE + 1 - line.len()));
            let read = content.len() + usize::from(end.is_some());
            text.consume(read);
        }
        if end.is_none() && length == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.follows_return = end == Some(b'\r');
        let invalid = |message| Err(io::Error::new(io::ErrorKind::InvalidData, message));
        if length > MAX_LINE {
            return invalid("longer than 64 KiB");
        }
        if is_converted && memchr::memmem::find(&line, REPLACEMENT.as_bytes()).is_some() {
            return invalid("not UTF-16");
        }
        Ok(Some(line))
    }
}

impl Source {
    /// Returns the text as UTF-8, after its byte order mark, and whether it was converted.
    fn open(&mut self) -> io::Result<(&mut dyn BufRead, bool)> {
        if let Self::Unread(text) = self {
            let mut start = Vec::with_capacity(3);
            while may_start_mark(&start) && text.by_ref().take(1).read_to_end(&mut start)? > 0 {}
            let text = mem::replace(text, Box::new(io::empty()));
            let (mark, encoding) = mark_and_encoding(&start);
            let text = Cursor::new(start.split_off(mark)).chain(text);
            *self = match encoding {
                Some(encoding) => Self::Utf16(Box::new(BufReader::new(ToUtf8::new(text, encoding)))),
                None => Self::Utf8(Box::new(BufReader::new(text))),
            };
        }
        match self {
            Self::Utf8(text) => Ok((text, false)),
            Self::Utf16(text) => Ok((text, true)),
            Self::Unread(_) => unreachable!("the source was opened above"),
        }
    }
}

/// Returns true if more bytes are needed to tell how the text is encoded.
fn may_start_mark(start: &[u8]) -> bool {
    start.len() < 2 || start == [0xef, 0xbb]
}

/// Returns the length of the byte order mark, and the encoding unless it is UTF-8.
///
/// Without a mark, a zero byte before or after the first character shows UTF-16: seeds and cookies start with ASCII.
fn mark_and_encoding(start: &[u8]) -> (usize, Option<&'static Encoding>) {
    match start {
        [0xef, 0xbb, 0xbf, ..] => (3, None),
        [0xff, 0xfe, ..] => (2, Some(UTF_16LE)),
        [0xfe, 0xff, ..] => (2, Some(UTF_16BE)),
        [0, next, ..] if *next > 0 => (0, Some(UTF_16BE)),
        [first, 0, ..] if *first > 0 => (0, Some(UTF_16LE)),
        _ => (0, None),
    }
}

/// Converts a text to UTF-8 while it is read.
struct ToUtf8<R> {
    text: R,
    /// `None` at the end of the text.
    decoder: Option<Decoder>,
    /// Converted, but not read yet.
    ready: Cursor<String>,
}

impl<R> ToUtf8<R> {
    fn new(text: R, encoding: &'static Encoding) -> Self {
        Self { text, decoder: Some(encoding.new_decoder_without_bom_handling()), ready: Cursor::default() }
    }
}

impl<R: Read> Read for ToUtf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut bytes = [0; 4096];
        loop {
            let read = self.ready.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            let Some(decoder) = &mut self.decoder else { return Ok(0) };
            let length = self.text.read(&mut bytes)?;
            let part = bytes.get(..length).unwrap_or_default();
            let mut converted = String::new();
            converted.reserve(decoder.max_utf8_buffer_length(length).unwrap_or_default());
            // There is room for everything, and what is not valid is replaced.
            let (result, ..) = decoder.decode_to_string(part, &mut converted, length == 0);
            debug_assert_eq!(result, CoderResult::InputEmpty);
            if length == 0 {
                self.decoder = None;
            }
            self.ready = Cursor::new(converted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<String> {
        let mut lines = TextLines::new(Cursor::new(text.to_owned()));
        let mut all = Vec::new();
        loop {
            match lines.read() {
                Ok(Some(line)) => all.push(format!("{} {}", lines.number(), String::from_utf8_lossy(&line))),
                Ok(None) => return all,
                Err(error) => all.push(format!("{} {error}", lines.number())),
            }
        }
    }

    #[test]
    fn every_line_end_counts_once() {
        for text in ["a\nb\n\nc", "a\r\nb\r\n\r\nc\r\n", "a\rb\r\rc\r", "a\r\nb\n\rc"] {
            assert_eq!(lines(text.as_bytes()), ["1 a", "2 b", "3 ", "4 c"], "{text:?}");
        }
        assert_eq!(lines(b""), [""; 0]);
        assert_eq!(lines(b"\r\n"), ["1 "]);
        assert_eq!(lines(b"\n\r\n\r"), ["1 ", "2 ", "3 "]);
    }

    #[test]
    fn encodings_are_recognised() {
        let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
        let text = "a\r\né \u{1f577}\r\n";
        let marked = format!("\u{feff}{text}");
        for bytes in [text.into(), marked.clone().into(), little(text), little(&marked), big(text), big(&marked)] {
            assert_eq!(lines(&bytes), ["1 a", "2 é \u{1f577}"], "{bytes:?}");
        }
        // A mark alone, a part of a mark, and text with bytes that are not UTF-8.
        assert_eq!(lines(b"\xef\xbb\xbf"), [""; 0]);
        assert_eq!(lines(b"\xef\xbb"), ["1 \u{fffd}"]);
        assert_eq!(lines(b"a\nb\xff\nc"), ["1 a", "2 b\u{fffd}", "3 c"]);
    }

    #[test]
    fn invalid_lines_do_not_hide_the_next_one() {
        let long = "x".repeat(200_000);
        assert_eq!(lines(format!("a\r\n{long}\r\nb").as_bytes()), ["1 a", "2 longer than 64 KiB", "3 b"]);
        let mut bytes: Vec<u8> = "a\nb\nc".encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes[5] = 0xd8;
        assert_eq!(lines(&bytes), ["1 a", "2 not UTF-16", "3 c"]);
        bytes.pop();
        assert_eq!(lines(&bytes), ["1 a", "2 not UTF-16", "3 not UTF-16"]);
    }

    #[test]
    fn lines_of_an_open_pipe_are_returned_at_once() {
        let (end, mut pipe) = io::pipe().unwrap();
        let mut lines = TextLines::new(end);
        for line in ["ab\r", "\ncd\r", "ef\n"] {
            io::Write::write_all(&mut pipe, line.as_bytes()).unwrap();
            let expected = line.trim().as_bytes();
            assert_eq!(lines.read().unwrap().as_deref(), Some(expected));
        }
    }
}
