//! Hosts: what is known about each, and which of them are in memory.
//!
//! A host is active (in memory, with the first entries of its queue) or inactive (a row in the store). The
//! [`address`] and [`robots_fetch`] files issue the leases that come before a host's first page. When a host may be asked
//! is decided in [`politeness`](super::politeness).

pub(crate) mod address;
pub(crate) mod host;
pub(crate) mod inactive;
pub(crate) mod queue;
pub(crate) mod robots_fetch;
pub(crate) mod robots_state;
pub(crate) mod row;
pub(crate) mod usage;

pub(super) use host::{Host, HostState};
pub(super) use queue::{FEW_HEADS, HEADS, Queued};
pub(super) use robots_state::{Copy, MAX_AGE, RobotsState};
pub(super) use row::Row;
