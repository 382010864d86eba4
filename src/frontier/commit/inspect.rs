//! Stored data of the frontier, for tools that inspect or salvage a crawl.

use bytes::Bytes;
use serde_json::Value;
use url::Url;

use super::{
    entry::{Entry, EntryHead},
    meta::Meta,
    url_status::Failure,
};
use crate::{
    base::{
        stats::Stats,
        time::{Mono, Now, Wall},
    },
    frontier::{
        balance::Balance,
        hosts::{Host, HostUsage, Row},
        politeness::{
            HostPoliteness,
            parking::{DelayCause, ParkReason},
        },
        scope::traps::TrapCounts,
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
}

/// Decodes a queue entry; `None` if the bytes are not valid.
pub(crate) fn entry(bytes: &Bytes) -> Option<QueuedRequest> {
    let entry = Entry::from_bytes(bytes)?;
    let request = entry.request()?;
    let EntryHead { url, attempts, not_before, failure } = entry.head;
    Some(QueuedRequest { url, request, attempts, not_before, failure: failure.map(|failure| *failure) })
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

/// Returns the URLs whose surroundings were added to the scope, from the crawl's counters.
pub(crate) fn widened(meta: &[u8]) -> Vec<Url> {
    Meta::decode(meta).widened
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

/// Decodes the crawl's counters; `None` if the bytes are not valid.
pub(crate) fn counters(meta: &[u8]) -> Option<(Balance, Stats)> {
    postcard::from_bytes(meta).ok()
}

/// Encodes the counters as a commit carries them. The rest of `meta` stays.
pub(crate) fn encode_counters(balance: Balance, stats: &Stats, meta: &[u8]) -> Bytes {
    let rest = postcard::take_from_bytes::<(Balance, Stats)>(meta).map(|(_, rest)| rest);
    // If there is no rest, its two fields are empty.
    let rest = rest.unwrap_or(&[0, 0]);
    postcard::to_extend(&(balance, stats), Vec::new()).map(|bytes| [&bytes, rest].concat().into()).unwrap_or_default()
}
