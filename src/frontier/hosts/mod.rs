//! Hosts: what is known about each, and which are in memory.
//!
//! A host is active (in memory, with the first entries of its queue) or inactive (only a [`row`] in the store). The
//! [`HostTable`] has the active ones; [`inactive`] knows what must be read to find the others, and [`activation`] moves
//! hosts between the two. [`address`] and [`robots_fetch`] issue the leases that a host needs before its first page. When
//! a host may be asked is decided in [`politeness`](super::politeness).

mod activation;
mod address;
pub(crate) mod host;
pub(crate) mod host_table;
pub(crate) mod inactive;
pub(crate) mod queue;
mod robots_fetch;
pub(crate) mod robots_state;
pub(crate) mod row;
mod usage;

pub(super) use host::Host;
pub(super) use host_table::HostTable;
pub(super) use inactive::InactiveHosts;
pub(super) use queue::{FEW_HEADS, HEADS, Queued};
pub(super) use robots_state::RobotsState;
pub(super) use row::Row;
pub(crate) use usage::HostUsage;
