//! What the frontier keeps in a store, read and written by others than the frontier: for looking at it, and for saving it.

use bytes::Bytes;
use serde_json::Value;
use url::Url;

use super::{Meta, entry::Entry, url_status::Failure};
use crate::{
    base::{
        stats::Stats,
        time::{Now, Wall},
    },
    frontier::{
        balance::Balance,
        hosts::{Host, Row, usage::HostUsage},
        politeness::parking::{Cause, ParkReason},
        scope::traps::TrapCounts,
    },
    http::request::Request,
    keys::HostKey,
    robots::Robots,
    store::QueuePosition,
};

/// A queue entry.
#[derive(Debug)]
pub(crate) struct QueuedRequest {
    /// Low 64 bits of the fingerprint.
    pub url: u64,
    /// What is to be asked.
    pub request: Request,
    /// Attempts made.
    pub attempts: u16,
    /// Not to be asked before; 0 = at any time.
    pub not_before: Wall,
    /// How the last attempt failed.
    pub failure: Option<Failure>,
}

/// Reads a queue entry; nothing if it is none.
pub(crate) fn entry(bytes: &Bytes) -> Option<QueuedRequest> {
    let entry = Entry::from_bytes(bytes)?;
    let request = entry.request()?;
    let super::entry::EntryHead { url, attempts, not_before, failure } = entry.head;
    Some(QueuedRequest { url, request, attempts, not_before, failure: failure.map(|failure| *failure) })
}

/// A host's row: its root URL, how many entries its queue has, and all of it but the copy of its robots.txt.
pub(crate) fn host(bytes: &[u8]) -> Option<(String, u64, Value)> {
    let row = Row::from_bytes(bytes)?;
    let mut all = serde_json::to_value(&row).ok()?;
    all.as_object_mut()?.remove("robots");
    Some((row.root().to_string(), row.queued, all))
}

/// What a host's row says of it, for whoever asks.
#[derive(Debug)]
pub(crate) struct StoredHost {
    /// URLs in its queue.
    pub queued: u64,
    /// URLs taken in, those aside that became no page.
    pub admitted: u64,
    /// No request before.
    pub next_allowed: Wall,
    /// What that is due to.
    pub cause: Cause,
    /// Why it is parked, if it is.
    pub parked: Option<ParkReason>,
    /// Its robots.txt, and when it was fetched.
    pub robots: Option<(Robots, Wall)>,
    /// Why that could not be had.
    pub robots_error: Option<Box<str>>,
    /// Where each rank of its queue begins.
    pub floors: Vec<QueuePosition>,
    /// What its requests have cost.
    pub spent: HostUsage,
    /// Counts of `[traps]`.
    pub traps: TrapCounts,
    /// Refused links that were noted down.
    pub noted: u16,
}

/// Reads a host's row; nothing if it is none.
pub(crate) fn host_state(bytes: &[u8]) -> Option<StoredHost> {
    Row::from_bytes(bytes).map(Row::into_state)
}

/// Where redirects of seeds led, from the crawl's counters.
pub(crate) fn widened(meta: &[u8]) -> Vec<Url> {
    Meta::decode(meta).widened
}

/// A row for a host of which so many queue entries are left, and where each rank of them begins; and when its turn is.
pub(crate) fn recounted(bytes: &[u8], queued: u64, floors: Vec<QueuePosition>) -> Option<(Bytes, Option<Wall>)> {
    Row::from_bytes(bytes).map(|row| row.recounted(queued, floors))
}

/// A row for a host that has none, from one of its requests.
pub(crate) fn new_host(key: HostKey, request: &Request) -> Bytes {
    Host::new(key, crate::urls::canonical::root(request.url()), 0).row(Default::default(), 0, Now::default())
}

/// The crawl's counters; nothing if they are none.
pub(crate) fn counters(meta: &[u8]) -> Option<(Balance, Stats)> {
    postcard::from_bytes(meta).ok()
}

/// The counters as a commit carries them, before what else `meta` has.
pub(crate) fn encode_counters(balance: Balance, stats: &Stats, meta: &[u8]) -> Bytes {
    let rest = postcard::take_from_bytes::<(Balance, Stats)>(meta).map(|(_, rest)| rest);
    // Nothing else, whatever it is: two empty fields.
    let rest = rest.unwrap_or(&[0, 0]);
    postcard::to_extend(&(balance, stats), Vec::new()).map(|bytes| [&bytes, rest].concat().into()).unwrap_or_default()
}
