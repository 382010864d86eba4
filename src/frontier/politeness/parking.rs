//! Why a host is not asked now: what pushed its clock, and why it is parked when that is too far.

use serde::{Deserialize, Serialize};

/// What pushed a clock to where it is. In this order in rows: new ones go to the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Cause {
    /// The delay between two requests.
    #[default]
    Delay,
    /// The same, as its robots.txt asks for.
    CrawlDelay,
    /// It asked to be left alone for so long.
    RetryAfter,
    /// It is in trouble: refusals, timeouts, resets.
    Trouble,
    /// Its robots.txt could not be had.
    Robots,
}

/// Why a host is parked: it cannot be asked within `limits.wait`. In this order in rows: new ones go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum ParkReason {
    /// Its robots.txt cannot be had.
    Robots,
    /// Its Crawl-delay is over `politeness.max_crawl_delay`, or over `limits.wait`.
    CrawlDelay,
    /// It asked to be left alone (Retry-After).
    RetryAfter,
    /// The configured delay is over `limits.wait`.
    Delay,
    /// It failed so often that its pause is over `limits.wait`.
    Trouble,
    /// Too many attempts in a row got no answer.
    Silent,
    /// It has had its `scope.host_bytes` or `scope.host_time`.
    Quota,
}

impl ParkReason {
    /// The reason as counters and logs name it.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Robots => "robots",
            Self::CrawlDelay => "crawl_delay",
            Self::RetryAfter => "retry_after",
            Self::Delay => "delay",
            Self::Trouble => "trouble",
            Self::Silent => "no_answer",
            Self::Quota => "quota",
        }
    }
}

impl From<Cause> for ParkReason {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Delay => Self::Delay,
            Cause::CrawlDelay => Self::CrawlDelay,
            Cause::RetryAfter => Self::RetryAfter,
            Cause::Trouble => Self::Trouble,
            Cause::Robots => Self::Robots,
        }
    }
}
