//! Leases that are out.

use std::time::Duration;

use super::{
    commit::entry::Entry,
    politeness::{limiter::LimiterId, ready_queue::Responsiveness},
};
use crate::store::QueuePosition;

/// What the frontier keeps of a lease that is out.
#[derive(Debug)]
pub(crate) struct Leased {
    pub(super) slot: usize,
    pub(super) place: QueuePosition,
    pub(super) entry: Entry,
    pub(super) ip_gate: Option<LimiterId>,
    /// The delay drawn for this request.
    pub(super) delay: Duration,
    /// What was expected of the host.
    pub(super) trust: Responsiveness,
}
