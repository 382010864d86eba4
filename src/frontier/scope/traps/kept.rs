//! The counts that a host's row keeps, so that a trap does not get its budget again after a restart, or when its host was
//! at rest meanwhile.

use serde::{Deserialize, Serialize};

/// Patterns of one host that are kept, at most: those with the most URLs.
const MAX_KEPT: usize = 32;

/// The fullest patterns of one host, by the hash of host and pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrapCounts(Vec<(u64, u32)>);

impl TrapCounts {
    /// What is kept of a pattern; 0 when that is nothing.
    pub(crate) fn count(&self, pattern: u64) -> u32 {
        self.0.iter().find(|(kept, _)| *kept == pattern).map_or(0, |(_, count)| *count)
    }

    /// A pattern has so many URLs now.
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
    fn the_fullest_are_kept() {
        let mut kept = TrapCounts::default();
        for pattern in 0..100 {
            (1..=u32::try_from(pattern).unwrap() % 50 + 1).for_each(|count| kept.note(pattern, count));
        }
        assert_eq!((kept.0.len(), kept.count(49), kept.count(99), kept.count(0)), (MAX_KEPT, 50, 50, 0));
    }
}
