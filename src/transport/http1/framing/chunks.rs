//! Chunked bodies (RFC 9112 section 7.1), read as browsers read them: a line may end without its CR. What is left is handed
//! to awc in chunks of our own, so that nothing behind the last one is taken for the next answer.

/// The longest line of a chunk's size and its extensions, and the longest trailer section, in bytes.
const MAX_LINE: usize = 16 << 10;

/// A place between two bytes of a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunks {
    /// At the beginning of a line with a size.
    Start,
    /// Among its digits: what they say so far, and how long the line is.
    Size { size: u64, line: usize },
    /// Behind them: before the extensions, or in one.
    Tail { size: u64, line: usize, part: Tail },
    /// In a chunk, with so much to come.
    Data(u64),
    /// In the line that ends a chunk; whether its CR was there.
    After(Cr),
    /// Behind the last chunk, in a line of the trailer of so many bytes, of so many in all.
    Trailer { line: usize, all: usize },
    /// Behind the end.
    End,
}

/// What may follow a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    Blanks,
    Extension,
    Cr,
}

/// Whether a line has had its CR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cr {
    Awaited,
    Seen,
}

/// What a part of a body came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// Bytes of data: the part begins with them now.
    pub(crate) data: usize,
    /// Bytes of the part that belonged to the body.
    pub(crate) used: usize,
}

impl Chunks {
    /// Follows a part of the body, and moves the data in it to its beginning.
    ///
    /// # Errors
    /// What is no chunk, in words.
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

    /// Behind one byte that is no data.
    fn step(self, byte: u8) -> Result<Self, &'static str> {
        match (self, byte) {
            (Self::Size { line, .. } | Self::Tail { line, .. }, _) if line > MAX_LINE => Err("an endless chunk size"),
            (Self::Trailer { all, .. }, _) if all > MAX_LINE => Err("an endless trailer"),
            (Self::Start, digit) => match digit_of(digit) {
                Some(size) => Ok(Self::Size { size, line: 1 }),
                None => Err("a chunk without a size"),
            },
            (Self::Size { size, line }, byte) => match digit_of(byte) {
                Some(digit) => match size.checked_mul(16) {
                    Some(size) => Ok(Self::Size { size: size + digit, line: line + 1 }),
                    None => Err("a chunk size beyond 64 bits"),
                },
                None => Self::tail(size, line + 1, Tail::Blanks, byte),
            },
            (Self::Tail { size, line, part }, byte) => Self::tail(size, line + 1, part, byte),
            (Self::After(_), b'\n') => Ok(Self::Start),
            (Self::After(Cr::Awaited), b'\r') => Ok(Self::After(Cr::Seen)),
            (Self::After(_), _) => Err("a chunk longer than its size"),
            (Self::Trailer { line: 0, .. }, b'\n') => Ok(Self::End),
            (Self::Trailer { all, .. }, b'\n') => Ok(Self::Trailer { line: 0, all: all + 1 }),
            (Self::Trailer { line, all }, b'\r') => Ok(Self::Trailer { line, all: all + 1 }),
            (Self::Trailer { line, all }, _) => Ok(Self::Trailer { line: line + 1, all: all + 1 }),
            // `decode` has these.
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
            (Tail::Blanks | Tail::Cr, _) => return Err("a chunk size that is no number"),
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

    /// The data of a body that comes in parts of this size, and where it ends, if it does.
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
    fn what_is_no_chunk_is_an_error_at_once() {
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
