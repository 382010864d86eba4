//! Politeness: which host may be asked next, and when.
//!
//! [`HostSchedule`] owns this state and answers both questions. A host may be asked when it has a URL whose backoff is over,
//! the clock of its limiter allows it (delay, Crawl-delay, Retry-After, backoff), each of its limiters has a free slot, its
//! quota is not used up, and it is not parked. A clock only moves later: at the start of a request ([`slots`]), with its
//! result ([`feedback`]), and after a robots.txt. [`HostPoliteness`] is the part of this state that belongs to one host.

pub(crate) mod adaptive_delay;
mod config;
mod delay;
pub(crate) mod feedback;
pub(crate) mod hop;
pub(crate) mod host_override;
pub(crate) mod host_politeness;
pub(crate) mod host_schedule;
pub(crate) mod limiter;
pub(crate) mod parking;
pub(crate) mod policy;
pub(crate) mod quota;
mod ready_queue;
pub(crate) mod retry;
mod slot_shares;
pub(crate) mod slots;

pub(crate) use config::Config;
pub use config::{Group, IpConcurrency, Obedience};
pub(crate) use host_politeness::{HostPoliteness, HostState, Responsiveness};
pub(crate) use host_schedule::HostSchedule;
pub(crate) use slot_shares::HostClass;
