//! The hot set: exact, of recent fingerprints, in front of the store. What it does not know, the store is asked.

/// Fingerprints in one cache line.
const WAYS: usize = 8;

/// A set-associative set of 64-bit fingerprints with a fixed size: a full line forgets one of its own.
#[derive(Debug)]
pub(super) struct HotSet {
    lines: Vec<[u64; WAYS]>,
    /// Whether everything ever inserted is still here.
    complete: bool,
    /// Picks what a full line forgets.
    turn: usize,
}

impl HotSet {
    /// A set of at most `bytes` (a power of two is used), which are touched only as they are needed. `complete` says
    /// that nothing is known elsewhere.
    pub(super) fn new(bytes: usize, complete: bool) -> Self {
        let lines = (bytes / size_of::<[u64; WAYS]>()).max(2).next_power_of_two() / 2;
        Self { lines: vec![[0; WAYS]; lines.max(1)], complete, turn: 0 }
    }

    /// Whether what is not in the set is new for certain.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether the fingerprint is in the set.
    pub(super) fn contains(&self, fingerprint: u64) -> bool {
        let key = nonzero(fingerprint);
        self.lines.get(self.line(key)).is_some_and(|line| line.contains(&key))
    }

    /// Puts the fingerprint in.
    pub(super) fn insert(&mut self, fingerprint: u64) {
        let key = nonzero(fingerprint);
        let index = self.line(key);
        let Some(line) = self.lines.get_mut(index) else { return };
        if line.contains(&key) {
            return;
        }
        if let Some(free) = line.iter_mut().find(|slot| **slot == 0) {
            *free = key;
            return;
        }
        self.complete = false;
        self.turn = (self.turn + 1) % WAYS;
        if let Some(slot) = line.get_mut(self.turn) {
            *slot = key;
        }
    }

    fn line(&self, key: u64) -> usize {
        // The number of lines is a power of two; the low bits of a hash are as good as any.
        usize::try_from(key & (self.lines.len() as u64 - 1)).unwrap_or_default()
    }
}

/// 0 marks a free slot, so that fingerprint shares the place of 1: two URLs in 2^64.
fn nonzero(fingerprint: u64) -> u64 {
    fingerprint.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_knows_what_it_holds_and_when_it_forgot() {
        let mut set = HotSet::new(2 * 64, true);
        (0..8).for_each(|key| set.insert(key * 16 + 16));
        assert!(set.is_complete() && set.contains(16) && !set.contains(17));
        set.insert(16 * 9);
        assert!(!set.is_complete() && set.contains(16 * 9));
    }
}
