//! How a lease ends. Everything that the network does is one of these values, never an [`Error`](crate::Error).

use crate::{
    failure::{FetchError, Rejection},
    http::request::Request,
    robots::RobotsAnswer,
};

/// How a lease ended. Decides whether its URL is done, is fetched again, or is rejected.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// Fetched and handled; all exporters have its records.
    Done,
    /// The page has not changed since the last visit (304).
    NotModified,
    /// Redirected; the same request for the next hop.
    Redirected(Box<Request>),
    /// A transient failure: fetched again later, if attempts are left.
    Retry(FetchError),
    /// Never fetched again, for this reason.
    Rejected(Rejection),
    /// Result of a robots lease.
    Robots(RobotsAnswer),
    /// Fetched, but not recorded, because `limits.records` is reached: queued again as if it had never been leased.
    GivenBack,
    /// The server had closed the kept connection on which the request was sent. Not an attempt, unless it happens again.
    Stale,
    /// Taken back before its end, because its host sent no data and others needed the slot. Not an attempt.
    Revoked,
    /// The lease was dropped: by a panic, a closed mailbox, or a stop.
    Lost,
}
