//! Versions of pages as their servers name them, so that a request may ask whether there is another one by now (RFC 9110
//! section 13). Those that were not used for longest are forgotten first: then the page is just fetched.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use super::{request::fingerprint::Fingerprint, response::Headers};
use crate::{
    base::{locks::lock, time::Wall, units::ByteSize},
    side_table::{ChangedRow, SideTable},
};

/// A longer entity tag or date is not kept.
const MAX_VALUE: usize = 256;

/// What rows of the crawl's state begin with that are about this.
const ROW: u8 = b'v';

/// What a server said of one answer's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    /// `ETag`, as it is written.
    etag: Option<Bytes>,
    /// `Last-Modified`, as it is written.
    modified: Option<Bytes>,
}

impl Version {
    /// The version of an answer; none when it names none, or does not want it kept: under `no-store` (RFC 9111 section
    /// 5.2.2.5) and `Vary: *` (section 4.1).
    #[must_use]
    pub(crate) fn of(headers: &Headers) -> Option<Self> {
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

    /// The header fields that ask for another version.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let fields = [("if-none-match", &self.etag), ("if-modified-since", &self.modified)];
        fields.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// Bytes it takes, about.
    fn size(&self) -> u64 {
        let length = |value: &Option<Bytes>| value.as_ref().map_or(0, Bytes::len);
        (96 + length(&self.etag) + length(&self.modified)) as u64
    }
}

/// The versions known; shared by all that have a clone. Without a limit above zero, none.
#[derive(Clone, Debug, Default)]
pub(crate) struct ValidatorCache(Option<Arc<Mutex<Known>>>);

#[derive(Debug)]
struct Known {
    /// Bounded by `limit`; each with its last use.
    versions: HashMap<u128, (Version, u64)>,
    limit: u64,
    /// Bytes they take, about.
    size: u64,
    uses: u64,
    /// What the state has to learn: at most what there was at its last look, and what there is now.
    changed: HashSet<u128>,
}

impl ValidatorCache {
    /// None yet; they may take so many bytes.
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

    /// Whether any are kept.
    pub(crate) fn are_kept(&self) -> bool {
        self.0.is_some()
    }

    /// The version of a request's answer that is known.
    pub(crate) fn get(&self, request: Fingerprint) -> Option<Version> {
        let mut known = self.lock()?;
        known.uses += 1;
        let now = known.uses;
        let (version, used) = known.versions.get_mut(&request.0)?;
        *used = now;
        Some(version.clone())
    }

    /// Notes the version of a request's answer; none: that it has none.
    pub(crate) fn put(&self, request: Fingerprint, version: Option<Version>) {
        self.lock().into_iter().for_each(|mut known| known.put(request.0, version.clone()));
    }

    /// A panic while they were locked may have cost one, and nothing else.
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

    fn restore_row(&self, key: &[u8], row: &[u8], _: Wall) {
        let Some(mut known) = self.lock() else { return };
        if let Some(request) = request_of(key)
            && let Ok(version) = postcard::from_bytes(row)
        {
            known.put(request, Some(version));
            known.changed.remove(&request);
        }
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
        // Plain data into memory: this fails for no input.
        postcard::to_stdvec(version).ok().map(Bytes::from)
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

    /// Forgets an eighth.
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
        Version::of(&fields.iter().copied().collect())
    }

    #[test]
    fn what_a_server_says_of_a_version() {
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
    fn the_oldest_are_forgotten_and_the_state_learns_of_it() {
        let versions = ValidatorCache::new(ByteSize(1000));
        let one = version(&[("etag", "\"a\"")]);
        (0..20).for_each(|request| versions.put(Fingerprint(request), one.clone()));
        versions.put(Fingerprint(19), None);
        let known = (0..20).filter(|request| versions.get(Fingerprint(*request)).is_some()).collect::<Vec<_>>();
        assert!((5..10).contains(&known.len()) && known.last() == Some(&18), "{known:?}");
        let rows: Vec<_> = versions.changes(Wall(0)).into_iter().filter_map(|(key, row)| Some((key, row?))).collect();
        assert_eq!((rows.len(), versions.changes(Wall(0)).len()), (known.len(), 0));
        let again = ValidatorCache::new(ByteSize(1000));
        again.restore(&rows, Wall(0));
        assert_eq!((again.get(Fingerprint(18)), again.changes(Wall(0)).len()), (one, 0));
        assert!(!ValidatorCache::new(ByteSize(0)).are_kept());
    }
}
