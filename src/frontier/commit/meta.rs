//! The counters of the crawl as a whole, as each commit carries them.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::Url;

use super::codec::encoded;
use crate::{
    base::{stats::Stats, time::Wall},
    frontier::balance::Balance,
    store::Recovered,
};

/// What a commit stores about the crawl as a whole.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) balance: Balance,
    pub(crate) stats: Stats,
    /// URLs whose surroundings were added to the scope.
    pub(crate) widened: Vec<Url>,
    /// When the commit was made.
    wall: Wall,
}

impl Meta {
    /// Decodes what a commit stored; the default if there is none.
    pub(crate) fn decode(bytes: &[u8]) -> Self {
        postcard::from_bytes(bytes).unwrap_or_default()
    }

    /// Encodes the parts of a `Meta`.
    pub(super) fn encode(balance: &Balance, stats: &Stats, widened: &[Url], wall: Wall) -> Bytes {
        encoded(&(balance, stats, widened, wall))
    }
}

/// Returns when the last commit was made, by the clock of its process.
#[must_use]
pub(crate) fn last_moment(recovered: &Recovered) -> Wall {
    Meta::decode(&recovered.meta).wall
}
