//! What became of a URL, as the store keeps it beside its key: a dozen bytes for most.

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

/// Marks the key of a refused URL. A refusal is a note, not a state: the URL itself stays unknown, and is admitted when a
/// better link to it is found.
const REFUSED: u64 = 0x9e37_79b9_7f4a_7c15;

/// The longest URL of a redirect that is kept, in bytes.
const MAX_TARGET: usize = 512;

/// How a URL ended, or why a link to it was refused. In this order in the store: new ones go to the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FinalStatus {
    /// Fetched and handled.
    Done,
    /// Unchanged since the last time.
    NotModified,
    /// Answered by a redirect to there.
    Redirected(String),
    /// Never asked again.
    Rejected(Rejection),
    /// A link to it was refused, and nothing but the moment told why.
    Refused(Refusal),
}

/// The last thing that happened to a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UrlStatus {
    pub(crate) ending: FinalStatus,
    /// In seconds since the Unix epoch.
    at: u32,
    /// Attempts made, that one included; 0 when it was never asked.
    pub(crate) attempts: u16,
    /// The status of the last answer; 0 = none.
    pub(crate) status: u16,
}

/// The last attempt of a URL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastAttempt {
    pub(crate) at: Wall,
    /// Attempts made, this one included.
    pub(crate) attempts: u16,
    pub(crate) status: Option<u16>,
}

impl UrlStatus {
    /// What became of a URL with its last attempt.
    pub(crate) fn new(ending: FinalStatus, last: LastAttempt) -> Self {
        let LastAttempt { at, attempts, status } = last;
        Self { ending: ending.shortened(), at: seconds(at), attempts, status: status.unwrap_or_default() }
    }

    /// Why a link was refused at this moment.
    pub(crate) fn refused(reason: Refusal, at: Wall) -> Self {
        Self { ending: FinalStatus::Refused(reason), at: seconds(at), attempts: 0, status: 0 }
    }

    /// When that was.
    pub(crate) fn at(&self) -> Wall {
        Wall(u64::from(self.at) * 1000)
    }

    /// As the store keeps it.
    pub(crate) fn to_bytes(&self) -> Bytes {
        encoded(self)
    }

    /// Reads what [`UrlStatus::to_bytes`] wrote; nothing if it is something else.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// Whether it is a note about a link, and no end of a URL.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.ending, FinalStatus::Refused(_))
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

/// How the last attempt of a URL failed that is to be asked again: a part of its queue entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    at: u32,
    pub(crate) error: FetchError,
}

impl Failure {
    /// One of this moment.
    pub(crate) fn new(error: &FetchError, at: Wall) -> Self {
        Self { at: seconds(at), error: error.clone().shortened() }
    }

    /// When that was.
    pub(crate) fn at(&self) -> Wall {
        Wall(u64::from(self.at) * 1000)
    }
}

/// Where the store keeps what it knows of refused links to a URL.
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
    fn most_fates_take_few_bytes() {
        let at = Wall(1_795_000_000_000);
        for (ending, status, most) in [
            (FinalStatus::Done, Some(200), 10),
            (FinalStatus::Rejected(Rejection::Robots), None, 10),
            (FinalStatus::Rejected(Rejection::Status(404)), Some(404), 12),
            (FinalStatus::Redirected("é".repeat(1000)), Some(301), MAX_TARGET + 20),
            (FinalStatus::Rejected(Rejection::HandlerError("x".repeat(1000).into())), Some(200), 220),
        ] {
            let fate = UrlStatus::new(ending, LastAttempt { at, attempts: 1, status });
            let bytes = fate.to_bytes();
            assert!(bytes.len() <= most, "{fate:?}: {}", bytes.len());
            assert_eq!((UrlStatus::from_bytes(&bytes).as_ref(), fate.at()), (Some(&fate), at));
        }
        assert_eq!(UrlStatus::from_bytes(b"done"), None);
    }
}
