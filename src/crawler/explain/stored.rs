//! What the state directory of a crawl knows of one URL.

use crate::{
    error::{Result, StoreError},
    frontier::commit::{
        inspect::{self, QueuedRequest, StoredHost},
        url_status::{UrlStatus, refusal_key},
    },
    keys::UrlKey,
    store::{HeadsAfter, Query, QueuePosition, StateReader},
};

/// Queue entries read at a time.
const ENTRIES: u16 = 1024;

/// What became of a URL so far.
#[derive(Debug)]
pub(super) enum StoredState {
    /// Nothing: nobody has offered it, or whoever did was refused for what configuration tells.
    Unknown,
    /// A link to it was refused.
    Refused(UrlStatus),
    /// In its host's queue.
    Queued {
        entry: QueuedRequest,
        /// Entries of the host before it.
        before: u64,
    },
    /// It ended, and how; none when that cannot be read.
    Ended(Option<UrlStatus>),
}

/// What is known of a URL and its host.
#[derive(Debug)]
pub(super) struct StoredUrl {
    pub(super) standing: StoredState,
    /// None when no URL of the host was ever taken in.
    pub(super) host: Option<StoredHost>,
    /// Where redirects of seeds led.
    pub(super) widened: Vec<url::Url>,
}

impl StoredUrl {
    /// Looks a URL up.
    ///
    /// # Errors
    /// When the state directory is damaged.
    pub(super) fn of(archive: &StateReader, key: UrlKey) -> Result<Self> {
        let note = refusal_key(key);
        let mut seen = vec![key, note];
        seen.sort_unstable();
        let answer = archive.query(&Query { seen: seen.clone(), hosts: vec![key.host], ..Query::default() })?;
        let found = |wanted: UrlKey| {
            seen.iter().zip(&answer.seen).find_map(|(url, fate)| fate.clone().filter(|_| *url == wanted))
        };
        let host = answer.hosts.first().cloned().flatten().and_then(|row| inspect::host_state(&row));
        let floors = host.as_ref().map(|host| host.floors.clone()).unwrap_or_default();
        let standing = match (found(key), found(note)) {
            (Some(outcome), _) if outcome.is_empty() => queued(archive, key, &floors)?,
            (Some(outcome), _) => StoredState::Ended(UrlStatus::from_bytes(&outcome)),
            (None, Some(note)) => UrlStatus::from_bytes(&note).map_or(StoredState::Unknown, StoredState::Refused),
            (None, None) => StoredState::Unknown,
        };
        Ok(Self { standing, host, widened: inspect::widened(&archive.recovered()?.meta) })
    }
}

/// Finds a URL in its host's queue.
fn queued(archive: &StateReader, key: UrlKey, floors: &[QueuePosition]) -> Result<StoredState> {
    let (mut after, mut before) = (None, 0);
    loop {
        let heads = vec![HeadsAfter { host: key.host, after, floors: floors.to_vec(), limit: ENTRIES }];
        let answer = archive.query(&Query { heads, ..Query::default() })?;
        let entries = answer.heads.into_iter().next().unwrap_or_default();
        for (place, bytes) in &entries {
            let entry = inspect::entry(bytes).ok_or_else(|| StoreError::Damaged("a queue entry".into()))?;
            if entry.url == key.url {
                return Ok(StoredState::Queued { entry, before });
            }
            (after, before) = (Some(*place), before + 1);
        }
        if entries.len() < usize::from(ENTRIES) {
            return Err(StoreError::Damaged("a URL is queued and not in its queue".into()).into());
        }
    }
}
