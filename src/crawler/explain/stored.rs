//! One URL in a stored crawl.

use url::Url;

use crate::{
    crawler::generations::Generations,
    error::{Result, StoreError},
    frontier::{
        commit::{
            inspect::{self, QueuedRequest, StoredHost},
            seen_row::{SeenRow, SetAside},
            url_status::{UrlStatus, refusal_key},
        },
        scope::traps::subdomains::subdomains_of,
    },
    keys::UrlKey,
    store::{HeadsAfter, Inspect, Query, QueuePosition},
};

/// Maximum number of queue entries per query.
const MAX_ENTRIES: u16 = 1024;

/// Status of a URL in a stored crawl.
#[derive(Debug)]
pub(super) enum StoredState {
    /// No link to it was found, or each was refused for a reason that follows from the configuration.
    Unknown,
    /// A link to it was refused.
    Refused(UrlStatus),
    /// It was queued, and is set aside because a later configuration refuses it.
    SetAside(SetAside),
    /// In its host's queue.
    Queued {
        entry: QueuedRequest,
        /// Number of entries of its host before it.
        before: u64,
    },
    /// The URL has ended.
    Ended(UrlStatus),
}

/// A URL and its host in a stored crawl.
#[derive(Debug)]
pub(super) struct StoredUrl {
    pub(super) state: StoredState,
    /// `None` if no URL of the host was admitted.
    pub(super) host: Option<StoredHost>,
    /// Number of known subdomains of its domain; `None` if its host is not a subdomain.
    pub(super) subdomains: Option<u32>,
    /// Seeds that came through pipes, and redirect targets of seeds: their surroundings are in scope too.
    pub(super) remembered: Vec<Url>,
    /// The configurations of the crawl's runs.
    pub(super) generations: Generations,
}

impl StoredUrl {
    /// Looks a URL up.
    ///
    /// # Errors
    /// If the stored crawl is damaged.
    pub(super) fn read(crawl: &dyn Inspect, key: UrlKey, url: &Url) -> Result<Self> {
        let refused = refusal_key(key);
        let mut seen = vec![key, refused];
        seen.sort_unstable();
        let result = crawl.query(&Query { seen: seen.clone(), hosts: vec![key.host], ..Query::default() })?;
        let status_of = |wanted: UrlKey| {
            let row = seen.iter().zip(&result.seen).find_map(|(url, row)| row.clone().filter(|_| *url == wanted));
            let row =
                row.map(|row| SeenRow::from_bytes(&row).ok_or_else(|| StoreError::corrupt("the status of the URL")));
            row.transpose()
        };
        let host = result.hosts.first().cloned().flatten().and_then(|row| inspect::stored_host(&row));
        let floors = host.as_ref().map(|host| host.floors.clone()).unwrap_or_default();
        let state = match (status_of(key)?, status_of(refused)?) {
            (Some(SeenRow::Queued { .. }), _) => find_queued(crawl, key, &floors)?,
            (Some(SeenRow::SetAside(aside)), _) => StoredState::SetAside(aside),
            (Some(SeenRow::Ended(status)), _) => StoredState::Ended(status),
            (None, Some(SeenRow::Ended(refused))) => StoredState::Refused(refused),
            (None, _) => StoredState::Unknown,
        };
        let side_rows = crawl.side_rows()?;
        let remembered = inspect::remembered_seeds(&side_rows, &crawl.recovered()?.meta)?;
        let (subdomains, generations) = (subdomains_of(&side_rows, url)?, Generations::restored(&side_rows)?);
        Ok(Self { state, host, subdomains, remembered, generations })
    }
}

/// Finds a URL in its host's queue.
fn find_queued(crawl: &dyn Inspect, key: UrlKey, floors: &[QueuePosition]) -> Result<StoredState> {
    let (mut after, mut before) = (None, 0);
    loop {
        let heads = vec![HeadsAfter { host: key.host, after, floors: floors.to_vec(), limit: MAX_ENTRIES }];
        let result = crawl.query(&Query { heads, ..Query::default() })?;
        let entries = result.heads.into_iter().next().unwrap_or_default();
        for (position, bytes) in &entries {
            let entry = inspect::entry(bytes).ok_or_else(|| StoreError::corrupt("a queue entry"))?;
            if entry.url == key.url {
                return Ok(StoredState::Queued { entry, before });
            }
            (after, before) = (Some(*position), before + 1);
        }
        if entries.len() < usize::from(MAX_ENTRIES) {
            return Err(StoreError::damaged("a queued URL is missing in its host's queue").into());
        }
    }
}
