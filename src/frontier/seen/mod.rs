//! What is known of the seen-set without asking the store: the hot set, and a Bloom filter once that has forgotten
//! something.

use self::{bloom::Bloom, hot::HotSet};
use crate::{
    keys::UrlKey,
    store::{KeysAfter, QueryResult},
};

mod bloom;
mod hot;
pub(super) mod known_urls;

/// Keys read from the store at a time after a start: some 20 ms of its reader.
const MAX_KEYS: u32 = 65_536;

/// What is known of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It is in the seen-set.
    Known,
    /// It is not.
    New,
    /// The store must say.
    Unsure,
}

/// What stands in front of the seen-set.
#[derive(Debug)]
pub(super) struct Seen {
    hot: HotSet,
    /// Everything that was ever put in: made when the hot set forgets something, so that a small crawl has none.
    bloom: Option<Bloom>,
    bloom_bytes: usize,
    reading: Reading,
}

/// How much of what the store knew at the start is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Up to this key.
    Upto(Option<UrlKey>),
    /// All of it.
    Done,
}

impl Seen {
    /// Over a store that knows nothing, if `empty`, or something that has to be read first; at most so many bytes each.
    pub(super) fn new(hot_bytes: usize, bloom_bytes: usize, empty: bool) -> Self {
        let reading = if empty { Reading::Done } else { Reading::Upto(None) };
        Self { hot: HotSet::new(hot_bytes), bloom: None, bloom_bytes, reading }
    }

    /// What is known of the URL with this fingerprint.
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

    /// Notes a URL that is in the seen-set.
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

    /// What to ask of the store, until all of it is known.
    pub(super) fn question(&self) -> Option<KeysAfter> {
        match self.reading {
            Reading::Upto(after) => Some(KeysAfter { after, limit: MAX_KEYS }),
            Reading::Done => None,
        }
    }

    /// Takes in what the store answered.
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
    fn everything_put_in_is_never_new() {
        let mut seen = Seen::new(2 * 64, 1 << 12, true);
        let mut luck = fastrand::Rng::with_seed(1);
        let keys: Vec<u64> = (0..1000).map(|_| luck.u64(..)).collect();
        assert_eq!(seen.look(keys[0]), Look::New);
        for key in &keys {
            seen.insert(*key);
            assert_eq!(seen.look(*key), Look::Known);
        }
        assert!(keys.iter().all(|key| seen.look(*key) != Look::New));
        let new = (0..1000).filter(|_| seen.look(luck.u64(..)) == Look::New).count();
        assert!(new > 900, "{new} of 1,000 strangers are new");
    }

    #[test]
    fn nothing_is_new_before_all_that_the_store_has_is_read() {
        let mut seen = Seen::new(1 << 10, 1 << 12, false);
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
