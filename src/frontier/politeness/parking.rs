//! Why a host is not asked now: the cause of its next allowed time, and the reason it is parked for.

use serde::{Deserialize, Serialize};

/// What set the time before which a host must not be asked. Stored in this order: add new causes at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DelayCause {
    /// The delay between two requests.
    #[default]
    Delay,
    /// The delay that robots.txt asks for.
    CrawlDelay,
    /// A `Retry-After` header.
    RetryAfter,
    /// Backoff after refusals, timeouts or resets.
    Trouble,
    /// Backoff because robots.txt is unreachable.
    Robots,
}

/// Why a host is parked: it cannot be asked within `limits.wait`. Stored in this order: add new reasons at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum ParkReason {
    /// Its robots.txt is unreachable.
    Robots,
    /// Its Crawl-delay is above `politeness.max_crawl_delay` or `limits.wait`.
    CrawlDelay,
    /// Its `Retry-After` is above `limits.wait`.
    RetryAfter,
    /// The configured delay is above `limits.wait`.
    Delay,
    /// Its backoff is above `limits.wait`.
    Trouble,
    /// Too many consecutive attempts got no answer.
    #[serde(rename = "Silent")]
    NoAnswer,
    /// Its `scope.host_bytes` or `scope.host_time` is used up.
    Quota,
}

impl ParkReason {
    /// Returns the name used in counters and logs.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Robots => "robots",
            Self::CrawlDelay => "crawl_delay",
            Self::RetryAfter => "retry_after",
            Self::Delay => "delay",
            Self::Trouble => "trouble",
            Self::NoAnswer => "no_answer",
            Self::Quota => "quota",
        }
    }

    /// Returns what is said about a host that is parked for this reason.
    #[must_use]
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Robots => "its robots.txt is unreachable",
            Self::CrawlDelay => "its Crawl-delay is over politeness.max_crawl_delay or limits.wait",
            Self::RetryAfter => "its Retry-After is over limits.wait",
            Self::Delay => "the delay is over limits.wait",
            Self::Trouble => "its backoff after failures is over limits.wait",
            Self::NoAnswer => "it does not respond",
            Self::Quota => "it has reached scope.host_bytes or scope.host_time",
        }
    }
}

impl From<DelayCause> for ParkReason {
    fn from(cause: DelayCause) -> Self {
        match cause {
            DelayCause::Delay => Self::Delay,
            DelayCause::CrawlDelay => Self::CrawlDelay,
            DelayCause::RetryAfter => Self::RetryAfter,
            DelayCause::Trouble => Self::Trouble,
            DelayCause::Robots => Self::Robots,
        }
    }
}
