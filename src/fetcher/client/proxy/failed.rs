//! What has failed by which proxy.

use std::{borrow::Borrow, cell::RefCell, collections::HashMap, hash::Hash};

/// Things that failed, at most; when there are more, all are forgotten.
const MAX_FAILED: usize = 1024;

/// What failed the last time, and the number of the proxy by which it did; at most [`MAX_FAILED`] of them.
#[derive(Debug)]
pub(crate) struct Failed<K>(RefCell<HashMap<K, usize>>);

impl<K> Default for Failed<K> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Eq + Hash> Failed<K> {
    /// Whether nothing has.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// The proxy by which this did.
    pub(crate) fn by<Q: Eq + Hash + ?Sized>(&self, what: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.0.borrow().get(what).copied()
    }

    /// This failed.
    pub(crate) fn note(&self, what: K, by: usize) {
        let mut failed = self.0.borrow_mut();
        if failed.len() >= MAX_FAILED {
            failed.clear();
        }
        failed.insert(what, by);
    }

    /// This did not fail.
    pub(crate) fn forget<Q: Eq + Hash + ?Sized>(&self, what: &Q)
    where
        K: Borrow<Q>,
    {
        self.0.borrow_mut().remove(what);
    }
}
