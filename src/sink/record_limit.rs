//! `limits.records`, met exactly.

/// Number of records that the crawl may still write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordLimit {
    /// `None` without a limit.
    left: Option<u64>,
}

impl RecordLimit {
    /// Creates a limit; 0 means that there is none. `written` is the number of records so far, those of earlier runs
    /// included.
    pub(crate) fn new(limit: u64, written: u64) -> Self {
        Self { left: (limit > 0).then(|| limit.saturating_sub(written)) }
    }

    /// Returns true if no record may be written any more.
    pub(super) fn is_reached(self) -> bool {
        self.left == Some(0)
    }

    /// Takes the first of `count` records that fit; returns their number.
    pub(super) fn take(&mut self, count: usize) -> usize {
        let Some(left) = &mut self.left else { return count };
        let taken = usize::try_from(*left).map_or(count, |left| left.min(count));
        *left -= taken as u64;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_met_exactly() {
        for (limit, written, pages, taken) in [
            (0, 9, [3, 0, 4], [3, 0, 4]),
            (5, 0, [3, 0, 4], [3, 0, 2]),
            (5, 2, [3, 0, 4], [3, 0, 0]),
            (5, 9, [3, 0, 4], [0, 0, 0]),
            (u64::MAX, 0, [1, 2, 3], [1, 2, 3]),
        ] {
            let mut records = RecordLimit::new(limit, written);
            assert_eq!(pages.map(|count| records.take(count)), taken, "{limit} {written}");
            assert_eq!(records.is_reached(), limit == 5);
        }
    }
}
