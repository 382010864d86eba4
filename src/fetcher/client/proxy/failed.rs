//! Recent failures by proxy.

use std::{borrow::Borrow, cell::RefCell, collections::HashMap, hash::Hash};

/// Maximum number of failures. When it is reached, all are forgotten.
const MAX_FAILED: usize = 1024;

/// Requests or hosts whose last attempt failed, each with the index of the proxy; at most [`MAX_FAILED`].
#[derive(Debug)]
pub(crate) struct RecentFailures<K>(RefCell<HashMap<K, usize>>);

impl<K> Default for RecentFailures<K> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Eq + Hash> RecentFailures<K> {
    /// Returns true if there are no failures.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Returns the index of the proxy with which `key` failed.
    pub(crate) fn proxy_of<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.0.borrow().get(key).copied()
    }

    /// Records a failure of `key` with a proxy.
    pub(crate) fn insert(&self, key: K, proxy: usize) {
        let mut failed = self.0.borrow_mut();
        if failed.len() >= MAX_FAILED {
            failed.clear();
        }
        failed.insert(key, proxy);
    }

    /// Removes `key` after a success.
    pub(crate) fn remove<Q: Eq + Hash + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.0.borrow_mut().remove(key);
    }
}
