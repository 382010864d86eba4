//! Encoding of stored data: a version, then the fields in order.
//!
//! Values of format 2 have no version. They begin with a number or a length in postcard's encoding, which never ends in a
//! zero byte after others. So the two bytes of [`VERSION`] begin no value of format 2, and each value has its own format. A state of format 2 is upgraded value by value, when a value is written again.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

/// First bytes of a value: the version, with its high bit set, and a zero.
pub(crate) const VERSION: [u8; 2] = [0x80 | 3, 0];

/// Format of a stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueFormat {
    /// Format 2: without a version.
    Two,
    /// Format 3, the current one.
    Three,
}

/// Encodes a value, without spare capacity: hundreds of thousands of these wait for their commit, and in the tables that it
/// writes to.
pub(crate) fn encode(value: &impl Serialize) -> Bytes {
    exact(encode_vec(value, 0))
}

/// Encodes a value, with room for `more` bytes after it.
pub(crate) fn encode_vec(value: &impl Serialize, more: usize) -> Vec<u8> {
    // Most values are short. Without this capacity, the vector would grow in many steps.
    let mut bytes = Vec::with_capacity(32 + more);
    bytes.extend_from_slice(&VERSION);
    // Encoding plain data into memory cannot fail.
    postcard::to_extend(value, bytes).unwrap_or_default()
}

/// Drops spare capacity.
pub(crate) fn exact(bytes: Vec<u8>) -> Bytes {
    bytes.into_boxed_slice().into()
}

/// Returns the format of a value, and its fields; `None` for a later version.
pub(crate) fn split(bytes: &[u8]) -> Option<(ValueFormat, &[u8])> {
    match bytes {
        [first, second, fields @ ..] if [*first, *second] == VERSION => Some((ValueFormat::Three, fields)),
        [0x80..=0xff, 0, ..] => None,
        fields => Some((ValueFormat::Two, fields)),
    }
}

/// Decodes a value whose fields are the same in both formats; `None` if the bytes are not valid.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    decode_with(bytes, Some)
}

/// Decodes a value of the current format, or one of format 2, which `upgrade` converts; `None` if the bytes are not valid.
pub(crate) fn decode_with<Old, T>(bytes: &[u8], upgrade: impl FnOnce(Old) -> Option<T>) -> Option<T>
where
    Old: DeserializeOwned,
    T: DeserializeOwned,
{
    match split(bytes)? {
        (ValueFormat::Three, fields) => whole(fields),
        (ValueFormat::Two, fields) => upgrade(whole(fields)?),
    }
}

/// Decodes fields that are followed by nothing else.
pub(crate) fn whole<T: DeserializeOwned>(fields: &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(fields).ok()?;
    rest.is_empty().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_both_formats_are_told_apart() {
        for value in [0_u64, 3, 127, 128, 0x83, 0x4183, 1 << 14, u64::MAX] {
            let old = postcard::to_stdvec(&(value, "x")).unwrap();
            assert_eq!(split(&old), Some((ValueFormat::Two, &*old)));
            let new = encode(&(value, "x"));
            assert_eq!(split(&new), Some((ValueFormat::Three, &*old)));
            for bytes in [&*old, &*new] {
                assert_eq!(decode::<(u64, String)>(bytes), Some((value, "x".to_owned())));
                assert_eq!(decode::<(u64, String)>(&bytes[..bytes.len() - 1]), None);
                assert_eq!(decode::<(u64, String)>(&[bytes, b"y"].concat()), None, "more than the value");
            }
        }
    }

    #[test]
    fn a_later_version_is_not_read() {
        assert_eq!(split(&[0x84, 0, 1]), None);
        assert_eq!(decode::<u64>(&[0x84, 0, 1]), None);
    }
}
