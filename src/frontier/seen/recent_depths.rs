//! The shortest known ways to recent URLs, so that most links to known URLs need no query to the store.

use hashbrown::HashMap;

use crate::keys::UrlKey;

/// Approximate memory per URL, in bytes.
const ENTRY: usize = 24;

/// A bounded map from URLs to depths. When its newer half is full, the older half is dropped.
#[derive(Debug)]
pub(crate) struct RecentDepths {
    newer: HashMap<u64, u16>,
    older: HashMap<u64, u16>,
    /// Maximum number of URLs in each half.
    half: usize,
}

impl RecentDepths {
    /// An empty map with this memory limit in bytes. It takes memory only when it is used.
    pub(crate) fn new(bytes: usize) -> Self {
        Self { newer: HashMap::new(), older: HashMap::new(), half: (bytes / ENTRY / 2).max(1) }
    }

    /// Returns the depth of the shortest known way to a URL; `None` if the URL is not in the map.
    pub(crate) fn get(&self, url: &UrlKey) -> Option<u16> {
        self.newer.get(&url.url).or_else(|| self.older.get(&url.url)).copied()
    }

    /// Sets the depth of the shortest known way to a URL.
    pub(crate) fn put(&mut self, url: &UrlKey, depth: u16) {
        if self.newer.len() >= self.half {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(url.url, depth);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::HostKey;

    #[test]
    fn the_newer_half_is_kept() {
        let key = |url| UrlKey { host: HostKey(0), url };
        let mut depths = RecentDepths::new(200 * ENTRY);
        for url in 0..1000 {
            depths.put(&key(url), u16::try_from(url % 7).unwrap());
            assert_eq!(depths.get(&key(url)), Some(u16::try_from(url % 7).unwrap()));
        }
        depths.put(&key(999), 1);
        assert_eq!((depths.get(&key(999)), depths.get(&key(1))), (Some(1), None));
        assert!((900..1000).all(|url| depths.get(&key(url)).is_some()));
    }
}
