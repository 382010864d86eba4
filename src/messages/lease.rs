//! A URL on loan: it travels through every message by value and comes home exactly once.
//!
//! Settling consumes the lease and makes a [`Settlement`]; dropping it, wherever that happens, sends one home by itself
//! with [`Outcome::Lost`]. So a closed mailbox, a panic or a forgotten branch cannot lose a URL.

use std::sync::Arc;

use actix::{Message, Recipient};

pub(crate) use crate::frontier::assignment::{Errand, Loan, Outlink, Settlement, Visit, Yield};
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
pub(crate) struct Home(Arc<Recipient<Settle>>);

impl Home {
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
    inner: Option<Box<Inner>>,
}

#[derive(Debug)]
struct Inner {
    loan: Loan,
    home: Home,
    held: Reservation,
    visit: Visit,
    found: Yield,
    /// Counted at the stage that has the lease, and at its Fetcher while a request is under way.
    presence: Vec<Presence>,
}

impl Lease {
    /// Lends out; `held` counts what the lease will hold.
    #[must_use]
    pub(crate) fn new(loan: Loan, home: Home, held: Reservation) -> Self {
        let (visit, found) = Default::default();
        Self { inner: Some(Box::new(Inner { loan, home, held, visit, found, presence: Vec::new() })) }
    }

    /// What was lent.
    #[must_use]
    pub(crate) fn loan(&self) -> &Loan {
        &self.inner().loan
    }

    /// What to fetch.
    #[must_use]
    pub(crate) fn request(&self) -> &Request {
        &self.inner().loan.request
    }

    /// Where this lease comes home to, for sending settlements in batches.
    #[must_use]
    pub(crate) fn home(&self) -> &Home {
        &self.inner().home
    }

    /// The bytes it holds.
    pub(crate) fn held(&mut self) -> &mut Reservation {
        &mut self.inner_mut().held
    }

    /// What the network has to do with it, to be filled in on the way.
    pub(crate) fn visit(&mut self) -> &mut Visit {
        &mut self.inner_mut().visit
    }

    /// What its page gave, to be filled in on the way.
    pub(crate) fn found(&mut self) -> &mut Yield {
        &mut self.inner_mut().found
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
        let found = match outcome {
            Outcome::Done | Outcome::Rejected(_) => inner.found,
            Outcome::NotModified | Outcome::Redirected(_) | Outcome::Retry(_) | Outcome::Robots(_) | Outcome::Lost => {
                Yield::default()
            }
        };
        Settlement { ticket: inner.loan.ticket, outcome, visit: inner.visit, found }
    }

    fn inner(&self) -> &Inner {
        match &self.inner {
            Some(inner) => inner,
            None => unreachable!("a lease is empty only while it is being settled"),
        }
    }

    fn inner_mut(&mut self) -> &mut Inner {
        match &mut self.inner {
            Some(inner) => inner,
            None => unreachable!("a lease is empty only while it is being settled"),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.take() {
            let Inner { loan, home, visit, .. } = *inner;
            let lost = Settlement { ticket: loan.ticket, outcome: Outcome::Lost, visit, found: Yield::default() };
            home.send(vec![lost]);
        }
    }
}
