//! Final status of a URL, as stored next to its key: a dozen bytes for most URLs.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::codec::encoded;
use crate::{
    base::{text, time::Wall},
    failure::{FetchError, Rejection},
    frontier::scope::Refusal,
    keys::UrlKey,
};

/// Mask for the key of a refused URL. A refusal is only logged: the URL itself stays unknown, and is admitted if a better
/// link to it is found.
const REFUSED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Maximum length of the stored target of a redirect, in bytes.
const MAX_TARGET: usize = 512;

/// How a URL ended, or why a link to it was refused. Stored in this order: add new variants at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FinalStatus {
    /// Fetched and handled.
    Done,
    /// Unchanged since the last visit.
    NotModified,
    /// Redirected to this URL.
    Redirected(String),
    /// Rejected: it is not requested again.
    Rejected(Rejection),
    /// A link to it was refused for a reason that cannot be found out later.
    Refused(Refusal),
}

/// Final status of a URL, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UrlStatus {
    pub(crate) final_status: FinalStatus,
    /// Seconds since the Unix epoch.
    at: u32,
    /// Number of attempts made, the last one included; 0 if it was never requested.
    pub(crate) attempts: u16,
    /// HTTP status of the last response; 0 = none.
    pub(crate) http_status: u16,
}

/// The last attempt of a URL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastAttempt {
    pub(crate) at: Wall,
    /// Number of attempts made, this one included.
    pub(crate) attempts: u16,
    pub(crate) http_status: Option<u16>,
}

impl UrlStatus {
    /// The status of a URL that ended with its last attempt.
    pub(crate) fn new(final_status: FinalStatus, last: LastAttempt) -> Self {
        let LastAttempt { at, attempts, http_status } = last;
        let http_status = http_status.unwrap_or_default();
        Self { final_status: final_status.shortened(), at: seconds(at), attempts, http_status }
    }

    /// The status of a URL after a link to it was refused.
    pub(crate) fn refused(reason: Refusal, at: Wall) -> Self {
        Self { final_status: FinalStatus::Refused(reason), at: seconds(at), attempts: 0, http_status: 0 }
    }

    /// Returns when the URL ended, or the link was refused.
    pub(crate) fn at(&self) -> Wall {
        Wall(u64::from(self.at) * 1000)
    }

    /// Encodes the status for the store.
    pub(crate) fn to_bytes(&self) -> Bytes {
        encoded(self)
    }

    /// Decodes a status; `None` if the bytes are not valid.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// Returns true if a link was refused, so the URL has not ended.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.final_status, FinalStatus::Refused(_))
    }
}

impl FinalStatus {
    fn shortened(self) -> Self {
        match self {
            Self::Redirected(url) => Self::Redirected(text::prefix(&url, MAX_TARGET).to_owned()),
            Self::Rejected(rejection) => Self::Rejected(rejection.shortened()),
            Self::Done | Self::NotModified | Self::Refused(_) => self,
        }
    }
}

impl fmt::Display for FinalStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => formatter.write_str("done"),
            Self::NotModified => formatter.write_str("not_modified"),
            Self::Redirected(url) => write!(formatter, "redirected {url}"),
            Self::Rejected(reason) => write!(formatter, "rejected {reason}"),
            Self::Refused(reason) => write!(formatter, "refused {}", reason.name()),
        }
    }
}

/// How the last attempt of a queued URL failed: a part of its queue entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    at: u32,
    pub(crate) error: FetchError,
}

impl Failure {
    /// A failure at this time.
    pub(crate) fn new(error: &FetchError, at: Wall) -> Self {
        Self { at: seconds(at), error: error.clone().shortened() }
    }

    /// Returns when the attempt failed.
    pub(crate) fn at(&self) -> Wall {
        Wall(u64::from(self.at) * 1000)
    }
}

/// Returns the key under which refused links to a URL are logged.
pub(crate) fn refusal_key(url: UrlKey) -> UrlKey {
    UrlKey { url: url.url ^ REFUSED, ..url }
}

fn seconds(at: Wall) -> u32 {
    u32::try_from(at.0 / 1000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_statuses_take_few_bytes() {
        let at = Wall(1_795_000_000_000);
        for (final_status, http_status, max) in [
            (FinalStatus::Done, Some(200), 10),
            (FinalStatus::Rejected(Rejection::Robots), None, 10),
            (FinalStatus::Rejected(Rejection::Status(404)), Some(404), 12),
            (FinalStatus::Redirected("é".repeat(1000)), Some(301), MAX_TARGET + 20),
            (FinalStatus::Rejected(Rejection::HandlerError("x".repeat(1000).into())), Some(200), 220),
        ] {
            let status = UrlStatus::new(final_status, LastAttempt { at, attempts: 1, http_status });
            let bytes = status.to_bytes();
            assert!(bytes.len() <= max, "{status:?}: {}", bytes.len());
            assert_eq!((UrlStatus::from_bytes(&bytes).as_ref(), status.at()), (Some(&status), at));
        }
        assert_eq!(UrlStatus::from_bytes(b"done"), None);
    }
}
