//! The counters of the crawl as a whole, as each commit carries them.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{
    base::{
        stats::Stats,
        stored::{self, ValueFormat},
        time::Wall,
    },
    error::StoreError,
    frontier::balance::Balance,
    store::Recovered,
};

/// What a commit stores about the crawl as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) balance: Balance,
    pub(crate) stats: Stats,
    /// Number of URLs that are set aside.
    pub(crate) set_aside: u64,
    /// URLs whose surroundings were added to the scope. Only format 2 has them here; now each is a row of its own.
    pub(crate) widened: Vec<Url>,
    /// When the commit was made.
    pub(crate) wall: Wall,
}

/// [`Meta`] of format 2.
#[derive(Deserialize)]
struct OldMeta {
    balance: Balance,
    stats: Stats,
    widened: Vec<Url>,
    wall: Wall,
}

impl Meta {
    /// Decodes what a commit stored; the default before the first settlement, when nothing is stored.
    ///
    /// # Errors
    /// If the bytes are not valid.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let meta = match stored::split(bytes) {
            Some((ValueFormat::Three, fields)) => stored::whole(fields),
            Some((ValueFormat::Two, fields)) => stored::whole(fields).map(OldMeta::upgraded),
            None => None,
        };
        meta.ok_or_else(|| StoreError::corrupt("the counters of the crawl"))
    }

    /// Returns where all URLs are after a start: those that have not ended are queued or set aside.
    pub(crate) fn urls(&self) -> Balance {
        let left = self.balance.admitted.saturating_sub(self.balance.ended());
        Balance { queued: left.saturating_sub(self.set_aside), parked: self.set_aside, ..self.balance }
    }

    /// Encodes the counters for the store.
    pub(crate) fn to_bytes(&self) -> Bytes {
        stored::encode(self)
    }
}

impl OldMeta {
    fn upgraded(self) -> Meta {
        let Self { balance, stats, widened, wall } = self;
        Meta { balance, stats, widened, wall, ..Meta::default() }
    }
}

/// Returns when the last commit was made, by the clock of its process.
///
/// # Errors
/// If the counters of the crawl are corrupt.
pub(crate) fn last_moment(recovered: &Recovered) -> Result<Wall, StoreError> {
    Meta::decode(&recovered.meta).map(|meta| meta.wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_both_formats_are_read_and_others_are_damage() {
        let balance = Balance { offered: 9, admitted: 9, done: 4, ..Balance::default() };
        let widened = vec!["http://a.example/".parse::<Url>().unwrap()];
        let old = postcard::to_stdvec(&(balance, Stats::default(), &widened, Wall(5))).unwrap();
        let meta = Meta::decode(&old).unwrap();
        assert_eq!((meta.balance, &meta.widened, meta.wall), (balance, &widened, Wall(5)));
        let bytes = Meta { set_aside: 3, ..meta.clone() }.to_bytes();
        assert_eq!(Meta::decode(&bytes).unwrap(), Meta { set_aside: 3, ..meta });
        assert_eq!(Meta::decode(b"").unwrap(), Meta::default());
        for damaged in [&b"x"[..], &old[1..], &bytes[..bytes.len() - 1], b"\x84\0"] {
            assert!(matches!(Meta::decode(damaged), Err(StoreError::Damaged(_))), "{damaged:?}");
        }
    }
}
