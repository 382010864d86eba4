//! Trap counts in a host's row. So a trap's budget does not start again after a restart, or when its host was inactive.

use serde::{Deserialize, Serialize};

/// Maximum number of patterns kept per host: those with the most URLs.
const MAX_KEPT: usize = 32;

/// The patterns of a host with the most URLs, by the hash of host and pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrapCounts(Vec<(u64, u32)>);

impl TrapCounts {
    /// Returns the kept count of a pattern; 0 if there is none.
    pub(crate) fn count(&self, pattern: u64) -> u32 {
        self.0.iter().find(|(kept, _)| *kept == pattern).map_or(0, |(_, count)| *count)
    }

    /// Sets the count of a pattern.
    pub(crate) fn note(&mut self, pattern: u64, count: u32) {
        if let Some(kept) = self.0.iter_mut().find(|(kept, _)| *kept == pattern) {
            kept.1 = count;
        } else if self.0.len() < MAX_KEPT {
            self.0.push((pattern, count));
        } else if let Some(least) = self.0.iter_mut().min_by_key(|(_, count)| *count)
            && least.1 < count
        {
            *least = (pattern, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_counts_are_kept() {
        let mut kept = TrapCounts::default();
        for pattern in 0..100 {
            (1..=u32::try_from(pattern).unwrap() % 50 + 1).for_each(|count| kept.note(pattern, count));
        }
        assert_eq!((kept.0.len(), kept.count(49), kept.count(99), kept.count(0)), (MAX_KEPT, 50, 50, 0));
    }
}
