//! Stored data of the frontier, for tools that inspect or salvage a crawl.

use bytes::Bytes;
use serde_json::Value;
use url::Url;

pub(crate) use super::arrivals::encode_arrival;
use super::{
    entry::{Entry, EntryHead, VisitPurpose},
    meta::Meta,
    url_status::Failure,
};
use crate::{
    base::{
        stats::Stats,
        time::{Mono, Now, Wall},
    },
    error::StoreError,
    frontier::{
        balance::Balance,
        hosts::{Host, HostUsage, Row},
        politeness::{
            HostPoliteness,
            parking::{DelayCause, ParkReason},
        },
        scope::{scope_row::scope_seeds, traps::TrapCounts},
    },
    http::request::Request,
    keys::HostKey,
    robots::Robots,
    store::QueuePosition,
    urls::canonical::root,
};

/// A queue entry.
#[derive(Debug)]
pub(crate) struct QueuedRequest {
    /// Low 64 bits of the fingerprint.
    pub url: u64,
    /// The request to make.
    pub request: Request,
    /// Number of attempts made.
    pub attempts: u16,
    /// The URL must not be leased before this time; 0 = no limit.
    pub not_before: Wall,
    /// How the last attempt failed.
    pub failure: Option<Failure>,
    /// Generation of the configuration whose scope has the URL.
    pub generation: u32,
    /// What the URL is visited for.
    pub purpose: VisitPurpose,
}

/// Decodes a queue entry; `None` if the bytes are not valid.
pub(crate) fn entry(bytes: &Bytes) -> Option<QueuedRequest> {
    let entry = Entry::from_bytes(bytes)?;
    let request = entry.request()?;
    let EntryHead { url, attempts, not_before, failure, generation, purpose, .. } = entry.head;
    let failure = failure.map(|failure| *failure);
    Some(QueuedRequest { url, request, attempts, not_before, failure, generation, purpose })
}

/// Decodes a host's row. Returns its root URL, the length of its queue, and all fields except the copy of robots.txt.
pub(crate) fn host(bytes: &[u8]) -> Option<(String, u64, Value)> {
    let row = Row::from_bytes(bytes)?;
    let mut all = serde_json::to_value(&row).ok()?;
    all.as_object_mut()?.remove("robots");
    Some((row.root.to_string(), row.queued, all))
}

/// A host as its row describes it.
#[derive(Debug)]
pub(crate) struct StoredHost {
    /// Number of URLs in its queue.
    pub queued: u64,
    /// Number of URLs admitted, except rejected ones.
    pub admitted: u64,
    /// No request starts before this time.
    pub next_allowed: Wall,
    /// What set `next_allowed`.
    pub cause: DelayCause,
    /// Why it is parked; `None` if it is not.
    pub parked: Option<ParkReason>,
    /// Its robots.txt, and when that was fetched.
    pub robots: Option<(Robots, Wall)>,
    /// Why its robots.txt was unreachable.
    pub robots_error: Option<Box<str>>,
    /// Where each rank of its queue begins.
    pub floors: Vec<QueuePosition>,
    /// Total cost of its requests.
    pub usage: HostUsage,
    /// Counts for `[traps]`.
    pub traps: TrapCounts,
    /// Number of refused links in the refusal log.
    pub refusals_logged: u16,
}

/// Decodes a host's row; `None` if the bytes are not valid.
pub(crate) fn stored_host(bytes: &[u8]) -> Option<StoredHost> {
    let row = Row::from_bytes(bytes)?;
    Some(StoredHost {
        queued: row.queued,
        admitted: row.admitted,
        next_allowed: row.next_allowed,
        cause: row.cause,
        parked: row.parked,
        robots: row.robots.and_then(|copy| copy.into_rules()),
        robots_error: row.robots_error,
        usage: row.usage,
        floors: row.floors,
        traps: row.traps,
        refusals_logged: row.refusals_logged,
    })
}

/// Returns the seeds whose surroundings are in scope although the configuration does not have them: from rows of side
/// tables, and in format 2 from the counters.
pub(crate) fn remembered_seeds(side_rows: &[(Bytes, Bytes)], meta: &[u8]) -> Result<Vec<Url>, StoreError> {
    Ok(scope_seeds(side_rows)?.into_iter().chain(Meta::decode(meta)?.widened).collect())
}

/// Returns a host's row with another queue length and other starts of its ranks, and its due time.
pub(crate) fn recounted(bytes: &[u8], queued: u64, floors: Vec<QueuePosition>) -> Option<(Bytes, Option<Wall>)> {
    Row::from_bytes(bytes).map(|row| row.recounted(queued, floors))
}

/// Returns a row for a host that has none, from one of its requests.
pub(crate) fn new_host(key: HostKey, request: &Request) -> Bytes {
    let host = Host::new(key, root(request.url()), HostPoliteness::default());
    host.to_row((Mono::default(), DelayCause::default()), 0, Now::default())
}

/// Decodes the crawl's counters, and returns where all URLs are; zeros before the first settlement.
///
/// # Errors
/// If the bytes are not valid.
pub(crate) fn counters(meta: &[u8]) -> Result<(Balance, Stats), StoreError> {
    Meta::decode(meta).map(|meta| (meta.urls(), meta.stats))
}

/// Encodes the counters of a salvaged crawl; `set_aside` is the number of URLs set aside. The rest is that of `meta`, if it
/// can be read.
pub(crate) fn encode_counters(balance: Balance, set_aside: u64, stats: &Stats, meta: &[u8]) -> Bytes {
    let rest = Meta::decode(meta).unwrap_or_default();
    Meta { balance, set_aside, stats: stats.clone(), ..rest }.to_bytes()
}
