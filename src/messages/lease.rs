//! A URL on loan: it travels through every message by value and comes home exactly once.
//!
//! Settling consumes the lease and makes a [`Settlement`]; dropping it, wherever that happens, sends one home by itself
//! with [`Outcome::Lost`]. So a closed mailbox, a panic or a forgotten branch cannot lose a URL.

use std::sync::Arc;

use actix::{Message, Recipient};

pub(crate) use crate::frontier::assignment::{Assignment, FetchInfo, LeaseKind, Outlink, PageFindings, Settlement};
use crate::{
    http::request::Request,
    outcome::Outcome,
    runtime::{
        budget::Reservation,
        gauges::{Gauge, Presence},
    },
};

/// Leases that come home, in batches.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Settle(pub Vec<Settlement>);

/// Where leases come home to: the Scheduler's address, as everything else knows it.
#[derive(Clone, Debug)]
pub(crate) struct SettlementSender(Arc<Recipient<Settle>>);

impl SettlementSender {
    /// The home behind this address.
    #[must_use]
    pub(crate) fn new(scheduler: Recipient<Settle>) -> Self {
        Self(Arc::new(scheduler))
    }

    /// Sends settlements home; nothing is sent for none.
    pub(crate) fn send(&self, settlements: Vec<Settlement>) {
        if !settlements.is_empty() {
            self.0.do_send(Settle(settlements));
        }
    }
}

/// A URL on loan.
#[derive(Debug)]
pub(crate) struct Lease {
    /// Empty only while the lease is being settled.
    inner: Option<Box<LeaseState>>,
}

#[derive(Debug)]
struct LeaseState {
    assignment: Assignment,
    settlement_sender: SettlementSender,
    held: Reservation,
    fetch_info: FetchInfo,
    findings: PageFindings,
    /// Counted at the stage that has the lease, and at its Fetcher while a request is under way.
    presence: Vec<Presence>,
}

impl Lease {
    /// Lends out; `held` counts what the lease will hold.
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

    /// What was lent.
    #[must_use]
    pub(crate) fn assignment(&self) -> &Assignment {
        &self.inner().assignment
    }

    /// What to fetch.
    #[must_use]
    pub(crate) fn request(&self) -> &Request {
        &self.inner().assignment.request
    }

    /// Where this lease comes home to, for sending settlements in batches.
    #[must_use]
    pub(crate) fn settlement_sender(&self) -> &SettlementSender {
        &self.inner().settlement_sender
    }

    /// The bytes it holds.
    pub(crate) fn held(&mut self) -> &mut Reservation {
        &mut self.inner_mut().held
    }

    /// What the network has to do with it, to be filled in on the way.
    pub(crate) fn fetch_info(&mut self) -> &mut FetchInfo {
        &mut self.inner_mut().fetch_info
    }

    /// What its page gave, to be filled in on the way.
    pub(crate) fn findings(&mut self) -> &mut PageFindings {
        &mut self.inner_mut().findings
    }

    /// Counts this lease in `gauges` from now on, and nowhere else.
    pub(crate) fn counted_in(&mut self, gauges: &[&Gauge]) {
        self.inner_mut().presence = gauges.iter().map(|gauge| gauge.enter()).collect();
    }

    /// Ends the lease. What it found counts only if its page was accepted.
    #[must_use = "a settlement must be sent home"]
    pub(crate) fn settled(mut self, outcome: Outcome) -> Settlement {
        // `inner` is empty only here and in `drop`, and both consume the lease.
        let Some(inner) = self.inner.take() else { unreachable!("a lease is settled once") };
        let findings = match outcome {
            Outcome::Done | Outcome::Rejected(_) => inner.findings,
            Outcome::NotModified | Outcome::Redirected(_) | Outcome::Retry(_) | Outcome::Robots(_) | Outcome::Lost => {
                PageFindings::default()
            }
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
