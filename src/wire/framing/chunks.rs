//! Where a chunked body ends (RFC 9112 section 7.1). awc decodes the chunks; this only follows them, so that nothing
//! behind the last one is taken for the next answer.

/// The longest line of a chunk's size and its extensions, and the longest trailer section, in bytes.
const MAX_LINE: usize = 16 << 10;

/// A place between two bytes of a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunks {
    /// In a line with a size: what it is so far, whether its digits are over, and how long the line is.
    Size { size: u64, is_read: bool, line: usize },
    /// In a chunk, with so much to come.
    Data(u64),
    /// In the line that ends a chunk.
    After,
    /// Behind the last chunk, in a line of the trailer of so many bytes, of so many in all.
    Trailer { line: usize, all: usize },
    /// In something that is not chunked: awc finds out what.
    Broken,
}

/// What follows a part of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// More of it, from this place.
    More(Chunks),
    /// Nothing: it ends after so many bytes of the part.
    End(usize),
    /// A line that is too long.
    Endless,
}

impl Chunks {
    /// The beginning.
    pub(super) const START: Self = Self::Size { size: 0, is_read: false, line: 0 };

    /// Follows a part of the body.
    pub(super) fn follow(mut self, part: &[u8]) -> Next {
        let mut at = 0;
        while let Some(&byte) = part.get(at) {
            if let Self::Data(left) = self {
                let here = part.len() - at;
                match usize::try_from(left) {
                    Ok(left) if left <= here => (self, at) = (Self::After, at + left),
                    _ => return Next::More(Self::Data(left - here as u64)),
                }
                continue;
            }
            at += 1;
            self = match self.step(byte) {
                Next::More(next) => next,
                Next::End(_) => return Next::End(at),
                Next::Endless => return Next::Endless,
            };
        }
        Next::More(self)
    }

    fn step(self, byte: u8) -> Next {
        let next = match (self, byte) {
            (Self::Size { line, .. }, _) if line > MAX_LINE => return Next::Endless,
            (Self::Trailer { all, .. }, _) if all > MAX_LINE => return Next::Endless,
            (Self::Size { size: 0, .. }, b'\n') => Self::Trailer { line: 0, all: 0 },
            (Self::Size { size, .. }, b'\n') => Self::Data(size),
            (Self::Size { size, is_read: false, line }, digit) => match char::from(digit).to_digit(16) {
                Some(digit) => match size.checked_mul(16) {
                    Some(size) => Self::Size { size: size + u64::from(digit), is_read: false, line: line + 1 },
                    None => Self::Broken,
                },
                None => Self::Size { size, is_read: true, line: line + 1 },
            },
            (Self::Size { size, is_read: true, line }, _) => Self::Size { size, is_read: true, line: line + 1 },
            (Self::After, b'\n') => Self::START,
            (Self::After, b'\r') => Self::After,
            (Self::Trailer { line: 0, .. }, b'\n') => return Next::End(0),
            (Self::Trailer { all, .. }, b'\n') => Self::Trailer { line: 0, all: all + 1 },
            (Self::Trailer { line, all }, b'\r') => Self::Trailer { line, all: all + 1 },
            (Self::Trailer { line, all }, _) => Self::Trailer { line: line + 1, all: all + 1 },
            (Self::After | Self::Data(_) | Self::Broken, _) => Self::Broken,
        };
        Next::More(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a body that comes in parts of this size ends.
    fn end(body: &[u8], size: usize) -> Option<usize> {
        let mut chunks = Chunks::START;
        for (index, part) in body.chunks(size).enumerate() {
            match chunks.follow(part) {
                Next::More(next) => chunks = next,
                Next::End(at) => return Some(index * size + at),
                Next::Endless => return None,
            }
        }
        None
    }

    #[test]
    fn ends_are_found_in_parts_of_every_size() {
        for (body, wanted) in [
            (&b"0\r\n\r\n"[..], Some(5)),
            (b"3\r\nabc\r\n0\r\n\r\nHTTP/1.1 200 OK", Some(13)),
            (b"A;x=y\r\n0\r\n\r\n5678\n\r\n00\r\nX-Sum: 1\r\nY:\r\n\r\n!", Some(39)),
            (b"3\r\nabc\r\n0\r\n", None),
            (b"3\r\nabcdef", None),
            (b"fffffffffffffffff\r\n", None),
        ] {
            for size in 1..=body.len() {
                assert_eq!(end(body, size), wanted, "{} {size}", String::from_utf8_lossy(body));
            }
        }
    }

    #[test]
    fn lines_are_bounded() {
        for start in ["1;", "0\r\nx: "] {
            let endless = [start.as_bytes(), &vec![b'x'; 2 * MAX_LINE]].concat();
            assert_eq!(Chunks::START.follow(&endless), Next::Endless, "{start}");
        }
    }
}
