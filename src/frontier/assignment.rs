//! What a lease contains, and what its settlement brings back.

use std::{net::IpAddr, sync::Arc, time::Duration};

pub(crate) use super::commit::entry::VisitPurpose;
use super::scope::{Refusal, Refusals, Scope};
use crate::{
    base::time::Mono,
    http::{
        request::{Request, fingerprint::Fingerprint},
        validators::Version,
    },
    keys::UrlKey,
    outcome::Outcome,
};

/// What a lease is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LeaseKind {
    /// A page of the crawl.
    Page,
    /// The address of its host: the name is looked up, nothing is fetched. Settled with [`Outcome::Done`].
    Address,
    /// The robots.txt of its host: exempt from robots and scope, settled with [`Outcome::Robots`].
    Robots,
}

/// Identifies a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LeaseId {
    /// The URL leased.
    pub url: UrlKey,
    /// Number of the lease in this run, so that an old lease is never taken for a new one.
    pub serial: u64,
    /// What the lease is for.
    pub kind: LeaseKind,
}

/// A URL to fetch, as the frontier issues it.
#[derive(Debug)]
pub(crate) struct Assignment {
    /// Identifies the lease.
    pub lease_id: LeaseId,
    /// What to fetch.
    pub request: Request,
    /// Number of attempts before this one.
    pub attempt: u16,
    /// Whether a failure of this attempt is final.
    pub last: bool,
    /// Number of the visit: 0 for the first visit of a URL.
    pub revisit: u32,
    /// What the URL is visited for.
    pub purpose: VisitPurpose,
    /// Time without progress after which the lease is reported as stalled; `None` if it is not reported.
    pub patience: Option<Duration>,
    /// The scope of the crawl at this moment.
    pub scope: Arc<Scope>,
}

/// A link to offer to the frontier: canonical, in scope, once per page.
#[derive(Clone, Debug)]
pub(crate) struct Outlink {
    /// Key of its URL.
    pub key: UrlKey,
    /// The request to make.
    pub request: Request,
}

/// What the network did for a lease.
#[derive(Clone, Debug, Default)]
pub(crate) struct FetchInfo {
    /// When the request was really sent; `None` if it never was.
    pub started: Option<Mono>,
    /// When the response was complete, or had failed.
    pub ended: Mono,
    /// HTTP status; `None` without a response.
    pub status: Option<u16>,
    /// Bytes of the body as transferred.
    pub bytes: u64,
    /// Number of requests sent if not one: an answer to a challenge, a retry after an outage.
    pub requests: u32,
    /// The address that responded; `None` behind a proxy.
    pub address: Option<IpAddr>,
    /// The delay of a `Retry-After` header.
    pub retry_after: Option<Duration>,
    /// Fingerprint and version of the response; only if validators are kept.
    pub version: Option<Box<(Fingerprint, Option<Version>)>>,
}

/// What a page contained.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageFindings {
    /// Links to offer to the frontier.
    pub outlinks: Vec<Outlink>,
    /// Number of links repeated within the page.
    pub repeats: u64,
    /// Number of links that do not belong to the crawl, by reason.
    pub refused: Refusals,
    /// Refused links whose reason cannot be found out later; at most `parser.max_links`.
    pub refused_links: Vec<(UrlKey, Refusal)>,
    /// Number of records, those without an exporter included.
    pub records: u64,
    /// Number of records that no exporter takes.
    pub dropped_records: u64,
    /// Number of pages not kept because they have `noindex`: 0 or 1.
    pub noindex: u64,
}

/// The end of a lease.
#[derive(Debug)]
pub(crate) struct Settlement {
    /// Identifies the lease.
    pub lease_id: LeaseId,
    /// How the lease ended.
    pub outcome: Outcome,
    /// What the network did for it.
    pub fetch_info: FetchInfo,
    /// What the page contained.
    pub findings: PageFindings,
}
