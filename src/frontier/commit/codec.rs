//! Plain data as the store keeps it.

use bytes::Bytes;
use serde::Serialize;

/// The value's bytes, in memory of their own and no byte more: hundreds of thousands of these wait for their commit, and
/// in the tables that it goes to.
pub(crate) fn encoded(value: &impl Serialize) -> Bytes {
    // Plain data into memory: this fails for no input.
    exact(postcard::to_stdvec(value).unwrap_or_default())
}

/// The same of bytes.
pub(crate) fn exact(bytes: Vec<u8>) -> Bytes {
    bytes.into_boxed_slice().into()
}
