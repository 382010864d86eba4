//! Status of a URL, as stored next to its key: a dozen bytes for most URLs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    base::{stored, text, time::Wall},
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
    /// Number of links from a seed: the shortest way that was known when the URL ended.
    pub(crate) depth: u16,
    /// Generation of the configuration of its last visit.
    pub(crate) generation: u32,
    pub(crate) links: LinkSummary,
    /// Reserved for the number of retries that handlers asked for; 0.
    asked_retries: u16,
    /// Reserved for revisits: `None`.
    history: Option<Box<VisitHistory>>,
}

/// What became of the links of a page, for a later and shorter way to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LinkSummary {
    /// No link of the page is in scope.
    #[default]
    None,
    /// All links in scope were followed.
    Followed,
    /// Some links were refused because they were too deep.
    TooDeep,
}

/// Reserved for revisits: how often a URL was visited, and how often it had changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct VisitHistory {
    checks: u32,
    changes: u32,
    /// Seconds since the Unix epoch.
    last_change: u32,
}

/// [`UrlStatus`] of format 2.
#[derive(Deserialize)]
struct OldStatus {
    final_status: FinalStatus,
    at: u32,
    attempts: u16,
    http_status: u16,
}

/// The last attempt of a URL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastAttempt {
    pub(crate) at: Wall,
    /// Number of attempts made, this one included.
    pub(crate) attempts: u16,
    pub(crate) http_status: Option<u16>,
    /// Number of links from a seed.
    pub(crate) depth: u16,
    /// Generation of the configuration.
    pub(crate) generation: u32,
}

impl UrlStatus {
    /// The status of a URL that ended with its last attempt.
    pub(crate) fn new(final_status: FinalStatus, last: LastAttempt) -> Self {
        let LastAttempt { at, attempts, http_status, depth, generation } = last;
        Self {
            final_status: final_status.shortened(),
            at: seconds(at),
            attempts,
            http_status: http_status.unwrap_or_default(),
            depth,
            generation,
            links: LinkSummary::None,
            asked_retries: 0,
            history: None,
        }
    }

    /// Sets what became of the links of its page.
    pub(crate) fn with_links(self, links: LinkSummary) -> Self {
        Self { links, ..self }
    }

    /// The status of a URL after a link to it was refused.
    pub(crate) fn refused(reason: Refusal, at: Wall, generation: u32) -> Self {
        let last = LastAttempt { at, attempts: 0, http_status: None, depth: 0, generation };
        Self::new(FinalStatus::Refused(reason), last)
    }

    /// The status of a URL that ended, and whose status is lost.
    pub(crate) fn unreadable() -> Self {
        let last = LastAttempt { at: Wall(0), attempts: 0, http_status: None, depth: 0, generation: 0 };
        Self::new(FinalStatus::Done, last)
    }

    /// Decodes the fields of a status of format 2; `None` if they are not valid. That format has no depth and no generation:
    /// both are 0, so only `--recheck` visits such a page again.
    pub(super) fn from_format_2(fields: &[u8]) -> Option<Self> {
        let OldStatus { final_status, at, attempts, http_status } = stored::whole(fields)?;
        let last = LastAttempt { at: Wall(0), attempts, http_status: Some(http_status), depth: 0, generation: 0 };
        Some(Self { at, ..Self::new(final_status, last) })
    }

    /// Returns when the URL ended, or the link was refused.
    pub(crate) fn at(&self) -> Wall {
        Wall(u64::from(self.at) * 1000)
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

pub(super) fn seconds(at: Wall) -> u32 {
    u32::try_from(at.0 / 1000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontier::commit::seen_row::SeenRow;

    #[test]
    fn most_statuses_take_few_bytes() {
        let at = Wall(1_795_000_000_000);
        for (final_status, http_status, max) in [
            (FinalStatus::Done, Some(200), 18),
            (FinalStatus::Rejected(Rejection::Robots), None, 18),
            (FinalStatus::Rejected(Rejection::Status(404)), Some(404), 20),
            (FinalStatus::Redirected("é".repeat(1000)), Some(301), MAX_TARGET + 28),
            (FinalStatus::Rejected(Rejection::HandlerError("x".repeat(1000).into())), Some(200), 228),
        ] {
            let last = LastAttempt { at, attempts: 1, http_status, depth: 3, generation: 1 };
            let status = UrlStatus::new(final_status, last);
            let row = SeenRow::Ended(status.clone());
            let bytes = row.to_bytes();
            assert!(bytes.len() <= max, "{status:?}: {}", bytes.len());
            assert_eq!((SeenRow::from_bytes(&bytes), status.at()), (Some(row), at));
        }
    }

    #[test]
    fn a_status_of_format_2_is_read() {
        for (final_status, http_status) in [
            (FinalStatus::Done, 200_u16),
            (FinalStatus::NotModified, 304),
            (FinalStatus::Redirected("http://a.example/".to_owned()), 301),
            (FinalStatus::Rejected(Rejection::Scope), 0),
            (FinalStatus::Refused(Refusal::Depth), 0),
        ] {
            let bytes = postcard::to_stdvec(&(&final_status, 1_795_000_000_u32, 2_u16, http_status)).unwrap();
            let Some(SeenRow::Ended(status)) = SeenRow::from_bytes(&bytes) else { panic!("{final_status:?}") };
            let UrlStatus { attempts, http_status: read, generation, .. } = status;
            assert_eq!((&status.final_status, attempts, read, generation), (&final_status, 2, http_status, 0));
            assert_eq!(status.at(), Wall(1_795_000_000_000));
        }
    }
}
