//! Search for bytes.

use memchr::memchr;

/// Returns the position of `byte` at or after `from`; the end of the text if there is none.
pub(super) fn find(byte: u8, bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    memchr(byte, rest).map_or(bytes.len(), |at| from + at)
}

/// Returns true for ASCII white space as HTML defines it.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}
