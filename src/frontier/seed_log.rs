//! Seeds that failed, for the report.

use hashbrown::HashMap;
use url::Url;

use crate::{http::request::Request, keys::UrlKey};

/// Maximum number of seeds that are named.
const MAX_NAMED: usize = 20;

/// Maximum number of seeds that are watched until they end; the end of any other seed is seen, too.
const MAX_OPEN: usize = 10_000;

/// A seed that failed, was rejected or refused, or belongs to a parked host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedSeed {
    /// The URL of the seed.
    pub url: String,
    /// Why it was not fetched.
    pub cause: String,
}

/// The seeds of a run that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedSeeds {
    /// The first of them; at most 20.
    pub first: Vec<FailedSeed>,
    /// Number of all of them.
    pub count: u64,
}

impl FailedSeeds {
    /// Returns the number of failed seeds that are not named.
    #[must_use]
    pub fn unnamed(&self) -> u64 {
        self.count.saturating_sub(self.first.len() as u64)
    }

    /// Adds a seed; `cause` is called only if it is named.
    pub(super) fn add(&mut self, url: &str, cause: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < MAX_NAMED {
            self.first.push(FailedSeed { url: url.to_owned(), cause: cause() });
        }
    }
}

/// The seeds of this run: those that have not ended, and those that failed.
#[derive(Debug, Default)]
pub(super) struct SeedLog {
    /// URLs of seeds queued or leased in this run; at most [`MAX_OPEN`].
    open: HashMap<UrlKey, Box<str>>,
    failed: FailedSeeds,
}

impl SeedLog {
    /// Watches a seed that was queued.
    pub(super) fn opened(&mut self, key: UrlKey, seed: &Url) {
        if self.open.len() < MAX_OPEN {
            self.open.insert(key, seed.as_str().into());
        }
    }

    /// Removes a URL that has ended.
    pub(super) fn ended(&mut self, key: &UrlKey) {
        // Most crawls have few seeds, which end early.
        if !self.open.is_empty() {
            self.open.remove(key);
        }
    }

    /// Adds a request that failed, if it is a seed.
    pub(super) fn failed(&mut self, request: Option<&Request>, cause: impl FnOnce() -> String) {
        let Some(seed) = request.filter(|request| request.is_seed()) else { return };
        let (url, origin) = (seed.url(), seed.origin());
        self.failed.add(origin.as_str(), || if url == origin { cause() } else { format!("{url}: {}", cause()) });
    }

    /// Returns the watched seeds.
    pub(super) fn open(&self) -> impl Iterator<Item = (&UrlKey, &str)> {
        self.open.iter().map(|(key, url)| (key, &**url))
    }

    /// Returns true if a URL is watched.
    pub(super) fn is_open(&self, key: &UrlKey) -> bool {
        self.open.contains_key(key)
    }

    /// Returns the seeds that failed so far.
    pub(super) fn failed_so_far(&self) -> FailedSeeds {
        self.failed.clone()
    }
}
