//! The reading of the URLs set aside.

use crate::{keys::UrlKey, store::AsideAfter};

/// Maximum number of URLs set aside that are read at a time.
const MAX_ROWS: u16 = 1024;

/// The reading of the URLs set aside.
#[derive(Debug, Default)]
pub(crate) struct AsideReading {
    is_wanted: bool,
    /// Last URL read; `None` before the first query.
    after: Option<UrlKey>,
}

impl AsideReading {
    /// Starts to read from the beginning.
    pub(crate) fn start(&mut self) {
        *self = Self { is_wanted: true, after: None };
    }

    /// Returns true while URLs are to be read.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_wanted
    }

    /// Returns what to read next.
    pub(crate) fn query(&self) -> Option<AsideAfter> {
        self.is_wanted.then_some(AsideAfter { after: self.after, limit: MAX_ROWS })
    }

    /// Notes what was read. Returns false if it is not what is read next: the reading has started again.
    pub(crate) fn note_read(&mut self, from: AsideAfter, last: Option<UrlKey>, count: usize) -> bool {
        if self.query() != Some(from) {
            return false;
        }
        *self = Self { is_wanted: count >= usize::from(from.limit), after: last };
        true
    }
}
