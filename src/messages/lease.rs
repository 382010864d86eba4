//! Lease: a URL on its way through the pipeline, settled exactly once.
//!
//! A lease moves by value through every message. Settling consumes it and returns a [`Settlement`]. Dropping it sends a
//! settlement with [`Outcome::Lost`]. So a closed mailbox, a panic or a forgotten branch cannot lose a URL.

use std::sync::Arc;

use actix::{Message, Recipient};

pub(crate) use crate::frontier::assignment::{
    Assignment, FetchInfo, LeaseKind, Outlink, PageFindings, Settlement, VisitPurpose,
};
use crate::{
    http::request::Request,
    outcome::Outcome,
    runtime::{
        budget::Reservation,
        gauges::{Gauge, Presence},
    },
};

/// To the Scheduler: these leases have ended.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Settle(pub Vec<Settlement>);

/// To the Scheduler: too few bytes have come for the leases with these serial numbers. Each lease is reported once.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Stalled(pub Vec<u64>);

/// Sends settlements, and reports of stalled leases, to the Scheduler.
#[derive(Clone, Debug)]
pub(crate) struct SettlementSender(Arc<(Recipient<Settle>, Recipient<Stalled>)>);

impl SettlementSender {
    /// Creates a sender to this Scheduler.
    #[must_use]
    pub(crate) fn new(settle: Recipient<Settle>, stalled: Recipient<Stalled>) -> Self {
        Self(Arc::new((settle, stalled)))
    }

    /// Sends the settlements in one message; without any, it sends nothing.
    pub(crate) fn send(&self, settlements: Vec<Settlement>) {
        if !settlements.is_empty() {
            self.0.0.do_send(Settle(settlements));
        }
    }

    /// Reports stalled leases.
    pub(crate) fn report_stalled(&self, serials: Vec<u64>) {
        self.0.1.do_send(Stalled(serials));
    }
}

/// URL that the frontier has issued.
#[derive(Debug)]
pub(crate) struct Lease {
    /// `None` only while the lease is being settled.
    inner: Option<Box<LeaseState>>,
}

#[derive(Debug)]
struct LeaseState {
    assignment: Assignment,
    settlement_sender: SettlementSender,
    held: Reservation,
    fetch_info: FetchInfo,
    findings: PageFindings,
    /// Entries in the gauge of the current stage, and in that of the Fetcher while a request is in flight.
    presence: Vec<Presence>,
}

impl Lease {
    /// Creates a lease; `held` reserves the bytes that it will hold.
    #[must_use]
    pub(crate) fn new(assignment: Assignment, settlement_sender: SettlementSender, held: Reservation) -> Self {
        Self {
            inner: Some(Box::new(LeaseState {
                assignment,
                settlement_sender,
                held,
                fetch_info: FetchInfo::default(),
                findings: PageFindings::default(),
                presence: Vec::new(),
            })),
        }
    }

    /// Returns what the frontier has issued.
    #[must_use]
    pub(crate) fn assignment(&self) -> &Assignment {
        &self.inner().assignment
    }

    /// Returns the request to send.
    #[must_use]
    pub(crate) fn request(&self) -> &Request {
        &self.inner().assignment.request
    }

    /// Returns where settlements go, to send them in batches.
    #[must_use]
    pub(crate) fn settlement_sender(&self) -> &SettlementSender {
        &self.inner().settlement_sender
    }

    /// Returns the reservation of the bytes it holds.
    pub(crate) fn held(&mut self) -> &mut Reservation {
        &mut self.inner_mut().held
    }

    /// Returns what the Fetcher fills in.
    pub(crate) fn fetch_info(&mut self) -> &mut FetchInfo {
        &mut self.inner_mut().fetch_info
    }

    /// Returns what the Parser fills in.
    pub(crate) fn findings(&mut self) -> &mut PageFindings {
        &mut self.inner_mut().findings
    }

    /// Counts this lease in `gauges` from now on, and in no other.
    pub(crate) fn count_in(&mut self, gauges: &[&Gauge]) {
        self.inner_mut().presence = gauges.iter().map(|gauge| gauge.enter()).collect();
    }

    /// Ends the lease. Findings count only if the page was handled or rejected.
    #[must_use = "a settlement must be sent to the Scheduler"]
    pub(crate) fn settled(mut self, outcome: Outcome) -> Settlement {
        // Only `settled` and `drop` take `inner`, and both consume the lease.
        let Some(inner) = self.inner.take() else { unreachable!("a lease is settled once") };
        let findings = match outcome {
            Outcome::Done | Outcome::Rejected(_) => inner.findings,
            Outcome::NotModified
            | Outcome::Redirected(_)
            | Outcome::Retry(_)
            | Outcome::Robots(_)
            | Outcome::GivenBack
            | Outcome::Stale
            | Outcome::Revoked
            | Outcome::Lost => PageFindings::default(),
        };
        Settlement { lease_id: inner.assignment.lease_id, outcome, fetch_info: inner.fetch_info, findings }
    }

    fn inner(&self) -> &LeaseState {
        match &self.inner {
            Some(inner) => inner,
            None => unreachable!("a lease is empty only while it is being settled"),
        }
    }

    fn inner_mut(&mut self) -> &mut LeaseState {
        match &mut self.inner {
            Some(inner) => inner,
            None => unreachable!("a lease is empty only while it is being settled"),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take() {
            let LeaseState { assignment, settlement_sender, fetch_info, .. } = *inner;
            let lost = Settlement {
                lease_id: assignment.lease_id,
                outcome: Outcome::Lost,
                fetch_info,
                findings: PageFindings::default(),
            };
            settlement_sender.send(vec![lost]);
        }
    }
}
