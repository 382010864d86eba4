//! Limits how often a pipeline is rebuilt.

use std::{collections::VecDeque, time::Duration};

use crate::{
    base::time::Mono,
    error::{Error, Result},
};

/// Maximum number of rebuilds within [`WINDOW`]; more have a cause that a rebuild does not remove.
const MAX_REBUILDS: usize = 3;

/// Time within which rebuilds are counted.
const WINDOW: Duration = Duration::from_secs(600);

/// Rebuilds of a crawl's pipeline.
#[derive(Debug, Default)]
pub(super) struct Rebuilds {
    /// Times of the rebuilds within [`WINDOW`]; at most [`MAX_REBUILDS`].
    recent: VecDeque<Mono>,
    total: u32,
}

impl Rebuilds {
    /// Counts one more rebuild.
    ///
    /// # Errors
    /// `cause`, if there were too many.
    pub(super) fn count(&mut self, now: Mono, cause: String) -> Result<()> {
        self.total += 1;
        self.recent.retain(|at| now.since(*at) < WINDOW);
        if self.recent.len() >= MAX_REBUILDS {
            return Err(Error::Pipeline(cause));
        }
        self.recent.push_back(now);
        Ok(())
    }

    /// Returns the number of rebuilds since the start.
    pub(super) fn total(&self) -> u32 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_rebuilds_in_ten_minutes_are_enough() {
        let mut rebuilds = Rebuilds::default();
        let minute = |minutes: u64| Mono(0) + Duration::from_secs(60 * minutes);
        for at in [0, 1, 2, 11] {
            assert!(rebuilds.count(minute(at), String::new()).is_ok(), "{at}");
        }
        assert!(rebuilds.count(minute(11), String::new()).is_ok());
        assert!(rebuilds.count(minute(11), "again".into()).is_err());
    }
}
