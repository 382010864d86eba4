//! The hot set: an exact set of recent fingerprints, in front of the store.

/// Number of fingerprints in a cache line.
const WAYS: usize = 8;

/// A set-associative set of 64-bit fingerprints with a fixed size. A full line drops one of its fingerprints.
#[derive(Debug)]
pub(super) struct HotSet {
    lines: Vec<[u64; WAYS]>,
    /// Selects the fingerprint that a full line drops.
    turn: usize,
}

impl HotSet {
    /// A set of at most `bytes`, rounded down to a power of two. Memory is touched only when it is used.
    pub(super) fn new(bytes: usize) -> Self {
        let lines = 1 << (bytes / size_of::<[u64; WAYS]>()).max(1).ilog2();
        Self { lines: vec![[0; WAYS]; lines], turn: 0 }
    }

    /// Returns all fingerprints.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> {
        self.lines.iter().flatten().copied().filter(|key| *key != 0)
    }

    /// Returns true if the fingerprint is in the set.
    pub(super) fn contains(&self, fingerprint: u64) -> bool {
        let key = nonzero(fingerprint);
        self.lines.get(self.line(key)).is_some_and(|line| line.contains(&key))
    }

    /// Inserts a fingerprint. Returns the one dropped for it, if the line was full.
    pub(super) fn insert(&mut self, fingerprint: u64) -> Option<u64> {
        let key = nonzero(fingerprint);
        let index = self.line(key);
        let line = self.lines.get_mut(index)?;
        if line.contains(&key) {
            return None;
        }
        if let Some(free) = line.iter_mut().find(|slot| **slot == 0) {
            *free = key;
            return None;
        }
        self.turn = (self.turn + 1) % WAYS;
        line.get_mut(self.turn).map(|slot| std::mem::replace(slot, key))
    }

    fn line(&self, key: u64) -> usize {
        // The number of lines is a power of two, so the low bits of the hash select the line.
        usize::try_from(key & (self.lines.len() as u64 - 1)).unwrap_or_default()
    }
}

/// Maps the fingerprint 0 to 1, since 0 marks a free slot: this confuses two fingerprints of 2^64.
fn nonzero(fingerprint: u64) -> u64 {
    fingerprint.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_lines_return_the_dropped_fingerprint() {
        let mut set = HotSet::new(64);
        assert!((1..=8).all(|key| set.insert(key).is_none()));
        assert!(set.contains(8) && !set.contains(9));
        assert_eq!(set.insert(8), None);
        let forgotten = set.insert(9).unwrap();
        assert!(set.contains(9) && !set.contains(forgotten));
        assert_eq!(set.iter().count(), 8);
    }
}
