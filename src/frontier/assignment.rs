//! What the frontier lends, and what comes back.

use std::{net::IpAddr, sync::Arc, time::Duration};

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
    /// The address of its host, where that counts and is not known: nothing is fetched. Settled with [`Outcome::Done`].
    Address,
    /// The robots.txt of its host: exempt from robots and scope, settled with [`Outcome::Robots`].
    Robots,
}

/// Names a lease: which URL's, and which loan of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LeaseId {
    /// The URL lent.
    pub url: UrlKey,
    /// Counts the loans of a run, so that an old lease is never taken for a new one.
    pub serial: u64,
    /// What for.
    pub kind: LeaseKind,
}

/// Everything the frontier says when it lends a URL.
#[derive(Debug)]
pub(crate) struct Assignment {
    /// Which lease this is.
    pub lease_id: LeaseId,
    /// What to fetch.
    pub request: Request,
    /// Attempts before this one.
    pub attempt: u16,
    /// Whether a failure of this attempt is final.
    pub last: bool,
    /// Which visit of its URL this is: 0 for the first; any other number names another one.
    pub revisit: u32,
    /// What belongs to the crawl, at this moment.
    pub scope: Arc<Scope>,
}

/// A link that its page's Parser found worth asking the frontier about: canonical, in scope, once per page.
#[derive(Clone, Debug)]
pub(crate) struct Outlink {
    /// Its key.
    pub key: UrlKey,
    /// The request to make.
    pub request: Request,
}

/// What the network had to do with a lease.
#[derive(Clone, Debug, Default)]
pub(crate) struct FetchInfo {
    /// When the request really went out; none if it never did.
    pub started: Option<Mono>,
    /// When the answer was complete, or had failed.
    pub ended: Mono,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// Bytes of the body on the wire.
    pub bytes: u64,
    /// Requests sent, when not one: redirects of a robots fetch, a retry on a fresh connection.
    pub requests: u32,
    /// The address that answered; none behind a proxy.
    pub address: Option<IpAddr>,
    /// What `Retry-After` asked for.
    pub retry_after: Option<Duration>,
    /// Whose answer came, and its version if it has one; only where versions are kept.
    pub version: Option<Box<(Fingerprint, Option<Version>)>>,
}

/// What a page gave, counted where it was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageFindings {
    /// Links to ask the frontier about.
    pub outlinks: Vec<Outlink>,
    /// Links that were repeats within the page.
    pub repeats: u64,
    /// Links that are none of the crawl's business, by reason.
    pub refused: Refusals,
    /// Those of them whose reason nobody could find out later: at most `parser.max_links`.
    pub noted: Vec<(UrlKey, Refusal)>,
    /// Records handed to the exporters.
    pub records: u64,
    /// Pages not kept because they ask for that: 0 or 1.
    pub noindex: u64,
}

/// A lease come home.
#[derive(Debug)]
pub(crate) struct Settlement {
    /// Which one.
    pub lease_id: LeaseId,
    /// How it ended.
    pub outcome: Outcome,
    /// What the network had to do with it.
    pub fetch_info: FetchInfo,
    /// What it brought.
    pub findings: PageFindings,
}
