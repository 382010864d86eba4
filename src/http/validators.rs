//! Validators of pages (`ETag`, `Last-Modified`) for conditional requests (RFC 9110 section 13).
//!
//! The cache is bounded; those unused for longest are forgotten first. Then the page is fetched unconditionally.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use super::{request::fingerprint::Fingerprint, response::Headers};
use crate::{
    base::{locks::lock, stored, time::Wall, units::ByteSize},
    error::StoreError,
    side_table::{ChangedRow, SideTable},
};

/// Maximum length of an entity tag or date, in bytes. Longer ones are not kept.
const MAX_VALUE: usize = 256;

/// First byte of the keys of these rows.
const ROW: u8 = b'v';

/// Validators of one response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    /// `ETag`, as received.
    etag: Option<Bytes>,
    /// `Last-Modified`, as received.
    modified: Option<Bytes>,
}

impl Version {
    /// The validators in these header fields. `None` without any, with `no-store` (RFC 9111 section 5.2.2.5), and with
    /// `Vary: *` (RFC 9111 section 4.1).
    #[must_use]
    pub(crate) fn from_headers(headers: &Headers) -> Option<Self> {
        let has = |name, token: &[u8]| {
            let parts = |value: &[u8]| {
                value.split(|&byte| byte == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(token))
            };
            headers.all(name).any(parts)
        };
        if has("cache-control", b"no-store") || has("vary", b"*") {
            return None;
        }
        let first = |name| headers.all(name).next().filter(|value| (1..=MAX_VALUE).contains(&value.len()));
        let [etag, modified] = ["etag", "last-modified"].map(|name| first(name).map(Bytes::copy_from_slice));
        (etag.is_some() || modified.is_some()).then_some(Self { etag, modified })
    }

    /// Header fields of a conditional request.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let fields = [("if-none-match", &self.etag), ("if-modified-since", &self.modified)];
        fields.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// Approximate memory in bytes.
    fn size(&self) -> u64 {
        let length = |value: &Option<Bytes>| value.as_ref().map_or(0, Bytes::len);
        (96 + length(&self.etag) + length(&self.modified)) as u64
    }
}

/// Validators of responses, by request. Clones share them. Empty if the limit is 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct ValidatorCache(Option<Arc<Mutex<Known>>>);

#[derive(Debug)]
struct Known {
    /// Bounded by `limit`; each with its last use.
    versions: HashMap<u128, (Version, u64)>,
    limit: u64,
    /// Approximate memory in bytes.
    size: u64,
    uses: u64,
    /// Rows that differ from the stored ones. At most the rows at the last call of `changes` and those of now.
    changed: HashSet<u128>,
}

impl ValidatorCache {
    /// An empty cache with this memory limit; 0: keeps nothing.
    pub(crate) fn new(limit: ByteSize) -> Self {
        Self((limit.0 > 0).then(|| {
            Arc::new(Mutex::new(Known {
                versions: HashMap::new(),
                limit: limit.0,
                size: 0,
                uses: 0,
                changed: HashSet::new(),
            }))
        }))
    }

    /// Returns true unless the limit is 0.
    pub(crate) fn are_kept(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the validators of a request's last response.
    pub(crate) fn get(&self, request: Fingerprint) -> Option<Version> {
        let mut known = self.lock()?;
        known.uses += 1;
        let now = known.uses;
        let (version, used) = known.versions.get_mut(&request.0)?;
        *used = now;
        Some(version.clone())
    }

    /// Sets the validators of a request's last response; `None` if it has none.
    pub(crate) fn put(&self, request: Fingerprint, version: Option<Version>) {
        self.lock().into_iter().for_each(|mut known| known.put(request.0, version.clone()));
    }

    /// Locks the cache. A panic under the lock can only lose an entry.
    fn lock(&self) -> Option<MutexGuard<'_, Known>> {
        self.0.as_deref().map(lock)
    }
}

impl SideTable for ValidatorCache {
    fn prefix(&self) -> u8 {
        ROW
    }

    fn changes(&self, _: Wall) -> Vec<ChangedRow> {
        let Some(mut known) = self.lock() else { return Vec::new() };
        let changed = std::mem::take(&mut known.changed);
        changed.into_iter().map(|request| (row_key(request), known.row(request))).collect()
    }

    fn mark_all_changed(&self) {
        let Some(mut known) = self.lock() else { return };
        let all: Vec<_> = known.versions.keys().copied().collect();
        known.changed.extend(all);
    }

    fn restore_row(&self, key: &[u8], row: &[u8], _: Wall) -> Result<(), StoreError> {
        let Some(mut known) = self.lock() else { return Ok(()) };
        let read = request_of(key).zip(stored::decode(row));
        let (request, version) = read.ok_or_else(|| StoreError::corrupt("the validators of a page"))?;
        known.put(request, Some(version));
        known.changed.remove(&request);
        Ok(())
    }
}

fn row_key(request: u128) -> Bytes {
    [&[ROW][..], &request.to_be_bytes()].concat().into()
}

fn request_of(key: &[u8]) -> Option<u128> {
    key.strip_prefix(&[ROW])?.try_into().ok().map(u128::from_be_bytes)
}

impl Known {
    fn row(&self, request: u128) -> Option<Bytes> {
        let (version, _) = self.versions.get(&request)?;
        Some(stored::encode(version))
    }

    fn put(&mut self, request: u128, version: Option<Version>) {
        self.uses += 1;
        let added = version.as_ref().map_or(0, Version::size);
        let before = match version {
            Some(version) => self.versions.insert(request, (version, self.uses)),
            None => self.versions.remove(&request),
        };
        if before.is_none() && added == 0 {
            return;
        }
        self.changed.insert(request);
        self.size = (self.size + added).saturating_sub(before.map_or(0, |(version, _)| version.size()));
        if self.size > self.limit {
            self.shrink();
        }
    }

    /// Frees an eighth of the memory: the entries unused for longest.
    fn shrink(&mut self) {
        let mut ages: Vec<_> =
            self.versions.iter().map(|(&request, (version, used))| (*used, request, version.size())).collect();
        ages.sort_unstable();
        let wanted = self.limit - self.limit / 8;
        for (_, request, size) in ages {
            if self.size <= wanted {
                return;
            }
            self.versions.remove(&request);
            self.changed.insert(request);
            self.size = self.size.saturating_sub(size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(fields: &[(&str, &str)]) -> Option<Version> {
        Version::from_headers(&fields.iter().copied().collect())
    }

    #[test]
    fn validators_of_responses() {
        let long = "e".repeat(MAX_VALUE + 1);
        for (fields, wanted) in [
            (
                &[("etag", "\"a\""), ("last-modified", "then")][..],
                &[("if-none-match", "\"a\""), ("if-modified-since", "then")][..],
            ),
            (&[("etag", "W/\"a\"")], &[("if-none-match", "W/\"a\"")]),
            (&[("etag", &long), ("last-modified", "then")], &[("if-modified-since", "then")]),
            (&[("etag", "\"a\""), ("cache-control", "private, No-Store")], &[]),
            (&[("etag", "\"a\""), ("vary", "accept, *")], &[]),
            (&[("etag", "\"a\""), ("vary", "accept"), ("cache-control", "no-cache")], &[("if-none-match", "\"a\"")]),
            (&[("etag", "")], &[]),
        ] {
            let version = version(fields);
            let found: Vec<_> = version.iter().flat_map(Version::fields).collect();
            let wanted: Vec<_> = wanted.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
            assert_eq!(found, wanted, "{fields:?}");
        }
    }

    #[test]
    fn the_oldest_are_forgotten_and_their_rows_removed() {
        let versions = ValidatorCache::new(ByteSize(1000));
        let one = version(&[("etag", "\"a\"")]);
        (0..20).for_each(|request| versions.put(Fingerprint(request), one.clone()));
        versions.put(Fingerprint(19), None);
        let known = (0..20).filter(|request| versions.get(Fingerprint(*request)).is_some()).collect::<Vec<_>>();
        assert!((5..10).contains(&known.len()) && known.last() == Some(&18), "{known:?}");
        let rows: Vec<_> = versions.changes(Wall(0)).into_iter().filter_map(|(key, row)| Some((key, row?))).collect();
        assert_eq!((rows.len(), versions.changes(Wall(0)).len()), (known.len(), 0));
        let again = ValidatorCache::new(ByteSize(1000));
        again.restore(&rows, Wall(0)).unwrap();
        assert_eq!((again.get(Fingerprint(18)), again.changes(Wall(0)).len()), (one, 0));
        assert!(!ValidatorCache::new(ByteSize(0)).are_kept());
    }
}
