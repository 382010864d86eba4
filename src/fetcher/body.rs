//! Reading a body: no byte without a reservation.

use bytes::Bytes;

use super::{
    answer::Answer,
    room::{Place, Room},
};
use crate::{budget::Reservation, outcome::FetchError};

/// Reserved for a body of unknown length, and doubled as it grows.
const FIRST: u64 = 64 << 10;

/// A single part up to this size is copied: it is a slice of a read buffer of 32 KiB, which it would keep.
const SMALL: usize = 16 << 10;

/// A body, or its beginning.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    /// Whether there was more than the limit.
    pub(super) is_cut: bool,
}

/// Reads a body up to `limit` bytes; afterwards `held` is what it really takes.
///
/// # Errors
/// When the body is cut by the peer, or does not come in time.
pub(super) async fn read(
    answer: &mut Answer,
    held: &mut Reservation,
    room: &Room,
    limit: u64,
) -> Result<Body, FetchError> {
    let length = answer.head.length;
    if length == Some(0) {
        return Ok(Body { bytes: Bytes::new(), is_cut: false });
    }
    let place = room.place();
    let mut reserved = length.unwrap_or(FIRST).min(limit);
    reserve(answer, &place, held, reserved).await;
    let mut parts = Parts::new(length.map_or(0, |length| length.min(limit)));
    let mut is_cut = false;
    while let Some(chunk) = answer.chunk().await? {
        parts.push(chunk);
        let total = parts.len() as u64;
        if total > limit {
            is_cut = true;
            break;
        }
        if length.is_none() && total >= reserved && reserved < limit {
            reserved = (total * 2).min(limit);
            reserve(answer, &place, held, reserved).await;
        }
    }
    let bytes = parts.finish(limit);
    held.set(bytes.len() as u64);
    Ok(Body { bytes, is_cut })
}

async fn reserve(answer: &mut Answer, place: &Place, held: &mut Reservation, bytes: u64) {
    if !place.try_reserve(held, bytes) {
        answer.rest(place.reserve(held, bytes)).await;
    }
}

/// The parts of a body, put together when there is more than one.
struct Parts {
    expected: usize,
    first: Bytes,
    all: Vec<u8>,
}

impl Parts {
    fn new(expected: u64) -> Self {
        let expected = usize::try_from(expected).unwrap_or(usize::MAX);
        Self { expected, first: Bytes::new(), all: Vec::new() }
    }

    fn len(&self) -> usize {
        self.first.len() + self.all.len()
    }

    fn push(&mut self, part: Bytes) {
        if self.len() == 0 {
            self.first = part;
            return;
        }
        if self.all.is_empty() {
            self.all.reserve_exact(self.expected.max(self.first.len() + part.len()));
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.all.extend_from_slice(&part);
    }

    fn finish(mut self, limit: u64) -> Bytes {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if self.all.is_empty() {
            self.first.truncate(limit);
            return if self.first.len() > SMALL { self.first } else { Bytes::copy_from_slice(&self.first) };
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
        for (pieces, limit, whole) in [
            (&[][..], 9, ""),
            (&["abc"], 9, "abc"),
            (&["abc"], 2, "ab"),
            (&["abc", "", "def", "g"], 9, "abcdefg"),
            (&["abc", "def"], 4, "abcd"),
        ] {
            let mut parts = Parts::new(3);
            pieces.iter().for_each(|piece| parts.push(Bytes::from_static(piece.as_bytes())));
            assert_eq!(parts.finish(limit), whole.as_bytes());
        }
    }
}
