//! Reading a body. Every byte is reserved before it is read.

use bytes::Bytes;

use super::{
    body_memory::{BodyMemory, BodyTurn},
    response::IncomingResponse,
};
use crate::{failure::FetchError, runtime::budget::Reservation};

/// First reservation for a body of unknown length, in bytes. It is doubled as the body grows.
const FIRST_RESERVATION: u64 = 64 << 10;

/// A body, complete or cut at its limit.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    /// True if the body was longer than the limit.
    pub(crate) is_cut: bool,
}

/// Reads a body up to `limit` bytes. Then `held` is the length of what was read.
///
/// # Errors
/// If the server ends the body early, or if it does not arrive in time.
pub(crate) async fn read(
    response: &mut IncomingResponse,
    held: &mut Reservation,
    memory: &BodyMemory,
    limit: u64,
) -> Result<Body, FetchError> {
    let length = response.length();
    if length == Some(0) {
        return Ok(Body { bytes: Bytes::new(), is_cut: false });
    }
    // The whole body arrived with the head and memory is free, as for most pages.
    if let Some(length) = length.filter(|&length| response.is_whole && length <= limit)
        && held.try_grow(length)
    {
        return Ok(Body { bytes: std::mem::take(&mut response.body), is_cut: false });
    }
    let turn = memory.turn();
    let mut reserved = length.unwrap_or(FIRST_RESERVATION).min(limit);
    reserve(response, &turn, held, reserved).await;
    let mut parts = Parts::new(std::mem::take(&mut response.body), length.map_or(0, |length| length.min(limit)));
    while parts.len() as u64 <= limit {
        let total = parts.len() as u64;
        if length.is_none() && total >= reserved && reserved < limit {
            reserved = (total * 2).min(limit);
            reserve(response, &turn, held, reserved).await;
        }
        match response.chunk().await? {
            Some(chunk) => parts.push(&chunk),
            None => break,
        }
    }
    let is_cut = parts.len() as u64 > limit;
    let bytes = parts.finish(limit);
    held.set(bytes.len() as u64);
    Ok(Body { bytes, is_cut })
}

/// Reserves memory. If it must wait, the time limits of the response are paused.
async fn reserve(response: &mut IncomingResponse, turn: &BodyTurn, held: &mut Reservation, bytes: u64) {
    if !turn.try_reserve(held, bytes) {
        response.pause(turn.reserve(held, bytes)).await;
    }
}

/// Parts of a body. A single part is not copied.
struct Parts {
    expected: usize,
    /// First part, while it is the only one.
    first: Bytes,
    all: Vec<u8>,
}

impl Parts {
    fn new(first: Bytes, expected: u64) -> Self {
        let expected = usize::try_from(expected).unwrap_or(usize::MAX);
        Self { expected, first, all: Vec::new() }
    }

    fn len(&self) -> usize {
        self.first.len() + self.all.len()
    }

    fn push(&mut self, part: &[u8]) {
        if self.all.is_empty() {
            self.all.reserve_exact(self.expected.max(self.first.len() + part.len()));
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.all.extend_from_slice(part);
    }

    fn finish(mut self, limit: u64) -> Bytes {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if self.all.is_empty() {
            self.first.truncate(limit);
            return self.first;
        }
        self.all.truncate(limit);
        if self.all.capacity() - self.all.len() > self.all.len() / 4 {
            self.all.shrink_to_fit();
        }
        self.all.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_and_cut() {
        for (first, pieces, limit, whole) in [
            ("", &[][..], 9, ""),
            ("abc", &[], 9, "abc"),
            ("abc", &[], 2, "ab"),
            ("", &["abc"], 9, "abc"),
            ("abc", &["", "def", "g"], 9, "abcdefg"),
            ("abc", &["def"], 4, "abcd"),
        ] {
            let mut parts = Parts::new(Bytes::from_static(first.as_bytes()), 3);
            pieces.iter().for_each(|piece| parts.push(piece.as_bytes()));
            assert_eq!(parts.finish(limit), whole.as_bytes());
        }
    }
}
