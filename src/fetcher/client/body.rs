//! Reading a body: no byte without a reservation.

use bytes::Bytes;

use super::{
    body_memory::{BodyMemory, BodyTurn},
    response::IncomingResponse,
};
use crate::{failure::FetchError, runtime::budget::Reservation};

/// Reserved for a body of unknown length, and doubled as it grows.
const FIRST: u64 = 64 << 10;

/// A body, or its beginning.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Bytes,
    /// Whether there was more than the limit.
    pub(crate) is_cut: bool,
}

/// Reads a body up to `limit` bytes; afterwards `held` is what it really takes.
///
/// # Errors
/// When the body is cut by the peer, or does not come in time.
pub(crate) async fn read(
    answer: &mut IncomingResponse,
    held: &mut Reservation,
    room: &BodyMemory,
    limit: u64,
) -> Result<Body, FetchError> {
    let length = answer.length();
    if length == Some(0) {
        return Ok(Body { bytes: Bytes::new(), is_cut: false });
    }
    // Nothing is left to be read, and there is room for it: most pages are like that.
    if let Some(length) = length.filter(|&length| answer.is_whole && length <= limit)
        && held.try_grow(length)
    {
        return Ok(Body { bytes: std::mem::take(&mut answer.body), is_cut: false });
    }
    let place = room.place();
    let mut reserved = length.unwrap_or(FIRST).min(limit);
    reserve(answer, &place, held, reserved).await;
    let mut parts = Parts::new(std::mem::take(&mut answer.body), length.map_or(0, |length| length.min(limit)));
    while parts.len() as u64 <= limit {
        let total = parts.len() as u64;
        if length.is_none() && total >= reserved && reserved < limit {
            reserved = (total * 2).min(limit);
            reserve(answer, &place, held, reserved).await;
        }
        match answer.chunk().await? {
            Some(chunk) => parts.push(&chunk),
            None => break,
        }
    }
    let is_cut = parts.len() as u64 > limit;
    let bytes = parts.finish(limit);
    held.set(bytes.len() as u64);
    Ok(Body { bytes, is_cut })
}

async fn reserve(answer: &mut IncomingResponse, place: &BodyTurn, held: &mut Reservation, bytes: u64) {
    if !place.try_reserve(held, bytes) {
        answer.rest(place.reserve(held, bytes)).await;
    }
}

/// The parts of a body, put together when there is more than one.
struct Parts {
    expected: usize,
    /// The first one, as long as it is the only one.
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
    fn parts_are_put_together_and_cut() {
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
