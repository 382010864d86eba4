//! What is known about seen URLs without a query to the store.
//!
//! | file | contents |
//! |---|---|
//! | `hot` | an exact set of recent fingerprints |
//! | `bloom` | a Bloom filter, once the hot set has dropped something |
//! | `known_urls` | both, and the lookups that the store has yet to answer |
//! | `recent_depths` | the shortest known ways to recent URLs |
//!
//! The hot set may answer "seen", the Bloom filter only "new". Everything else is a query to the store, which compares all 64
//! bits.

use self::{bloom::Bloom, hot::HotSet};
use crate::{
    frontier::crawl_start::CrawlStart,
    keys::UrlKey,
    store::{KeysAfter, QueryResult},
};

mod bloom;
mod hot;
pub(super) mod known_urls;
pub(super) mod recent_depths;

/// Number of keys read from the store at a time after a start: about 20 ms of its reader.
const MAX_KEYS: u32 = 65_536;

/// What is known about a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The URL was seen.
    Known,
    /// The URL was not seen.
    New,
    /// The store must decide.
    Unsure,
}

/// The hot set and the Bloom filter in front of the store.
#[derive(Debug)]
pub(super) struct Seen {
    hot: HotSet,
    /// Everything ever inserted. Created when the hot set first drops something, so a small crawl has none.
    bloom: Option<Bloom>,
    bloom_bytes: usize,
    reading: Reading,
}

/// How much of the store's seen-set has been read since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Keys up to this one.
    Upto(Option<UrlKey>),
    /// All keys.
    Done,
}

impl Seen {
    /// In front of a store that is empty, or must be read first; with memory limits in bytes.
    pub(super) fn new(hot_bytes: usize, bloom_bytes: usize, start: CrawlStart) -> Self {
        let reading = match start {
            CrawlStart::New => Reading::Done,
            CrawlStart::Resumed => Reading::Upto(None),
        };
        Self { hot: HotSet::new(hot_bytes), bloom: None, bloom_bytes, reading }
    }

    /// Looks up a fingerprint.
    pub(super) fn look(&self, fingerprint: u64) -> Look {
        if self.hot.contains(fingerprint) {
            return Look::Known;
        }
        match (self.reading, &self.bloom) {
            (Reading::Upto(_), _) => Look::Unsure,
            (Reading::Done, Some(bloom)) if bloom.contains(fingerprint) => Look::Unsure,
            (Reading::Done, Some(_) | None) => Look::New,
        }
    }

    /// Inserts the fingerprint of a seen URL.
    pub(super) fn insert(&mut self, fingerprint: u64) {
        let forgotten = self.hot.insert(fingerprint);
        if let (Some(forgotten), None) = (forgotten, &self.bloom) {
            let mut bloom = Bloom::new(self.bloom_bytes);
            self.hot.iter().chain([forgotten]).for_each(|known| bloom.insert(known));
            self.bloom = Some(bloom);
        }
        if let Some(bloom) = &mut self.bloom {
            bloom.insert(fingerprint);
        }
    }

    /// Returns the next query for the store's keys. `None` when all are read.
    pub(super) fn question(&self) -> Option<KeysAfter> {
        match self.reading {
            Reading::Upto(after) => Some(KeysAfter { after, limit: MAX_KEYS }),
            Reading::Done => None,
        }
    }

    /// Inserts the keys of the store's answer.
    pub(super) fn read(&mut self, from: KeysAfter, answer: &QueryResult) {
        answer.keys.iter().for_each(|key| self.insert(key.url));
        let is_whole = (answer.keys.len() as u64) < u64::from(from.limit);
        self.reading = match answer.keys.last() {
            Some(last) if !is_whole => Reading::Upto(Some(*last)),
            Some(_) | None => Reading::Done,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::HostKey;

    #[test]
    fn inserted_fingerprints_are_never_new() {
        let mut seen = Seen::new(2 * 64, 1 << 12, CrawlStart::New);
        let mut rng = fastrand::Rng::with_seed(1);
        let keys: Vec<u64> = (0..1000).map(|_| rng.u64(..)).collect();
        assert_eq!(seen.look(keys[0]), Look::New);
        for key in &keys {
            seen.insert(*key);
            assert_eq!(seen.look(*key), Look::Known);
        }
        assert!(keys.iter().all(|key| seen.look(*key) != Look::New));
        let new = (0..1000).filter(|_| seen.look(rng.u64(..)) == Look::New).count();
        assert!(new > 900, "{new} of 1,000 unknown fingerprints are new");
    }

    #[test]
    fn nothing_is_new_until_the_stores_keys_are_read() {
        let mut seen = Seen::new(1 << 10, 1 << 12, CrawlStart::Resumed);
        let from = seen.question().unwrap();
        let keys = [UrlKey { host: HostKey(0), url: 7 }];
        seen.read(from, &QueryResult { keys: keys.repeat(from.limit as usize), ..QueryResult::default() });
        assert_eq!((seen.look(7), seen.look(8)), (Look::Known, Look::Unsure));
        let from = seen.question().unwrap();
        assert_eq!(from.after, Some(keys[0]));
        seen.read(from, &QueryResult::default());
        assert_eq!((seen.question(), seen.look(8)), (None, Look::New));
    }
}
