//! How a lease ends. Whatever the network does becomes one of these values, never an [`Error`](crate::Error).

use crate::{
    failure::{FetchError, Rejection},
    http::request::Request,
    robots::RobotsAnswer,
};

/// How a lease ended: decides whether its URL is done, is asked again, or never.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// Fetched, handled, its records with every exporter.
    Done,
    /// The server said that nothing changed (304).
    NotModified,
    /// The answer was a redirect: the same request, at its next hop.
    Redirected(Box<Request>),
    /// A failure that may pass: ask again later, attempts allowing.
    Retry(FetchError),
    /// Never again, for this reason.
    Rejected(Rejection),
    /// The answer to a lease for a host's robots.txt.
    Robots(RobotsAnswer),
    /// The lease was dropped on its way: a panic, a closed mailbox, a stop.
    Lost,
}
