//! Encoding of stored data.

use bytes::Bytes;
use serde::Serialize;

/// Encodes a value, without spare capacity: hundreds of thousands of these wait for their commit, and in the tables that it
/// writes to.
pub(crate) fn encoded(value: &impl Serialize) -> Bytes {
    // Encoding plain data into memory cannot fail.
    exact(postcard::to_stdvec(value).unwrap_or_default())
}

/// Drops spare capacity.
pub(super) fn exact(bytes: Vec<u8>) -> Bytes {
    bytes.into_boxed_slice().into()
}
