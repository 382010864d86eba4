//! Chunked bodies (RFC 9112 section 7.1), read as leniently as browsers do: a line may end without CR. awc gets the data in
//! chunks of our own, so that bytes after the last chunk are never taken for the next response.

/// Maximum length of a chunk's size line with its extensions, and of the trailer section, in bytes.
const MAX_LINE: usize = 16 << 10;

/// A position in a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// At the start of a size line.
    Start,
    /// In the digits of a size: its value so far, and the length of the line so far.
    Size { size: u64, line: usize },
    /// After the digits: before or in the extensions.
    Tail { size: u64, line: usize, part: Tail },
    /// In a chunk with this many bytes left.
    Data(u64),
    /// In the line end after a chunk.
    After(Cr),
    /// In the trailer section: length of the current line, and of the whole section.
    Trailer { line: usize, all: usize },
    /// After the end.
    End,
}

/// Position in what follows a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    Blanks,
    Extension,
    Cr,
}

/// State of a line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cr {
    Awaited,
    Seen,
}

/// Result of decoding a part of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// Number of data bytes, which are now at the start of the part.
    pub(crate) data: usize,
    /// Number of bytes of the part that belong to the body.
    pub(crate) used: usize,
}

impl Chunks {
    /// Decodes a part of the body in place: moves its data to its start.
    ///
    /// # Errors
    /// What is wrong with the chunk.
    pub(crate) fn decode(&mut self, part: &mut [u8]) -> Result<Decoded, &'static str> {
        let (mut data, mut at) = (0, 0);
        while let (Some(&byte), false) = (part.get(at), *self == Self::End) {
            if let Self::Data(left) = *self {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(part.len() - at);
                part.copy_within(at..at + here, data);
                (data, at) = (data + here, at + here);
                *self = match left - here as u64 {
                    0 => Self::After(Cr::Awaited),
                    left => Self::Data(left),
                };
                continue;
            }
            at += 1;
            *self = self.step(byte)?;
        }
        Ok(Decoded { data, used: at })
    }

    /// Returns the position after one byte of framing.
    fn step(self, byte: u8) -> Result<Self, &'static str> {
        match (self, byte) {
            (Self::Size { line, .. } | Self::Tail { line, .. }, _) if line > MAX_LINE => {
                Err("chunk size line is longer than 16 KiB")
            }
            (Self::Trailer { all, .. }, _) if all > MAX_LINE => Err("trailer section is longer than 16 KiB"),
            (Self::Start, digit) => match digit_of(digit) {
                Some(size) => Ok(Self::Size { size, line: 1 }),
                None => Err("chunk without a size"),
            },
            (Self::Size { size, line }, byte) => match digit_of(byte) {
                Some(digit) => match size.checked_mul(16) {
                    Some(size) => Ok(Self::Size { size: size + digit, line: line + 1 }),
                    None => Err("chunk size does not fit into 64 bits"),
                },
                None => Self::tail(size, line + 1, Tail::Blanks, byte),
            },
            (Self::Tail { size, line, part }, byte) => Self::tail(size, line + 1, part, byte),
            (Self::After(_), b'\n') => Ok(Self::Start),
            (Self::After(Cr::Awaited), b'\r') => Ok(Self::After(Cr::Seen)),
            (Self::After(_), _) => Err("chunk is longer than its size"),
            (Self::Trailer { line: 0, .. }, b'\n') => Ok(Self::End),
            (Self::Trailer { all, .. }, b'\n') => Ok(Self::Trailer { line: 0, all: all + 1 }),
            (Self::Trailer { line, all }, b'\r') => Ok(Self::Trailer { line, all: all + 1 }),
            (Self::Trailer { line, all }, _) => Ok(Self::Trailer { line: line + 1, all: all + 1 }),
            // `decode` handles these.
            (Self::Data(_) | Self::End, _) => Ok(self),
        }
    }

    fn tail(size: u64, line: usize, part: Tail, byte: u8) -> Result<Self, &'static str> {
        let part = match (part, byte) {
            (_, b'\n') if size == 0 => return Ok(Self::Trailer { line: 0, all: 0 }),
            (_, b'\n') => return Ok(Self::Data(size)),
            (Tail::Blanks, b' ' | b'\t') => Tail::Blanks,
            (Tail::Blanks | Tail::Extension, b'\r') => Tail::Cr,
            (Tail::Blanks, b';') | (Tail::Extension, _) => Tail::Extension,
            (Tail::Blanks | Tail::Cr, _) => return Err("chunk size is not a number"),
        };
        Ok(Self::Tail { size, line, part })
    }
}

fn digit_of(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes a body in parts of `size` bytes. Returns its data, and its end if it was reached.
    fn decoded(body: &[u8], size: usize) -> Result<(Vec<u8>, Option<usize>), &'static str> {
        let (mut chunks, mut data) = (Chunks::Start, Vec::new());
        for (index, part) in body.chunks(size).enumerate() {
            let mut part = part.to_vec();
            let decoded = chunks.decode(&mut part)?;
            data.extend_from_slice(&part[..decoded.data]);
            if chunks == Chunks::End {
                return Ok((data, Some(index * size + decoded.used)));
            }
        }
        Ok((data, None))
    }

    #[test]
    fn bodies_in_parts_of_every_size() {
        for (body, data, end) in [
            ("0\r\n\r\n", "", Some(5)),
            ("3\r\nabc\r\n0\r\n\r\nHTTP/1.1 200 OK", "abc", Some(13)),
            ("A;x=y\r\n0\r\n\r\n5678\n\r\n00\r\nX-Sum: 1\r\nY:\r\n\r\n!", "0\r\n\r\n5678\n", Some(39)),
            ("3 \t;a=\"b\"\nabc\n2\r\nde\r\n0\n\nx", "abcde", Some(24)),
            ("3\r\nabc\r\n0\r\n", "abc", None),
            ("3\r\nab", "ab", None),
        ] {
            for size in 1..=body.len() {
                let wanted = Ok((data.as_bytes().to_vec(), end));
                assert_eq!(decoded(body.as_bytes(), size), wanted, "{body} {size}");
            }
        }
    }

    #[test]
    fn invalid_chunks_are_noticed_at_once() {
        let digits = "f".repeat(17);
        for body in
            ["\r\n", " 1\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", "1x\r\n", "1 1\r\n", "1\r\nab", "1\r\na\r\r", &digits]
        {
            for size in 1..=body.len() {
                assert!(decoded(body.as_bytes(), size).is_err(), "{body:?} {size}");
            }
        }
    }

    #[test]
    fn lines_are_bounded() {
        for start in ["1;", "0", "0\r\nx: ", "0\r\n"] {
            let endless = [start.as_bytes(), &b"0".repeat(2 * MAX_LINE)].concat();
            assert!(decoded(&endless, 1000).is_err(), "{start}");
        }
    }
}
