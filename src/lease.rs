//! A URL on loan: it travels through every message by value and comes home exactly once.
//!
//! Settling consumes the lease and makes a [`Settlement`]; dropping it, wherever that happens, sends one home by itself
//! with [`Outcome::Lost`]. So a closed mailbox, a panic or a forgotten branch cannot lose a URL.

use std::{net::IpAddr, sync::Arc, time::Duration};

use actix::{Message, Recipient};

use crate::{
    budget::Reservation,
    canonical::UrlKey,
    frontier::scope::{Refusals, Scope},
    gauges::{Gauge, Presence},
    outcome::Outcome,
    request::Request,
    time::Mono,
};

/// Leases that come home, in batches.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Settle(pub Vec<Settlement>);

/// Where leases come home to: the Scheduler's address, as everything else knows it.
#[derive(Clone, Debug)]
pub struct Home(Arc<Recipient<Settle>>);

impl Home {
    /// The home behind this address.
    #[must_use]
    pub fn new(scheduler: Recipient<Settle>) -> Self {
        Self(Arc::new(scheduler))
    }

    /// Sends settlements home; nothing is sent for none.
    pub fn send(&self, settlements: Vec<Settlement>) {
        if !settlements.is_empty() {
            self.0.do_send(Settle(settlements));
        }
    }
}

/// What a lease is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Errand {
    /// A page of the crawl.
    Page,
    /// The robots.txt of its host: exempt from robots and scope, settled by [`Lease::answered`].
    Robots,
}

/// Names a lease: which host's, which URL's, and which loan of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// The URL lent.
    pub url: UrlKey,
    /// Counts the loans of a run, so that an old lease is never taken for a new one.
    pub serial: u64,
    /// What for.
    pub errand: Errand,
}

/// A link that its page's Parser found worth asking the frontier about: canonical, in scope, once per page.
#[derive(Clone, Debug)]
pub struct Outlink {
    /// Its key.
    pub key: UrlKey,
    /// The request to make.
    pub request: Request,
}

/// What the network had to do with a lease.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// When the request really went out; none if it never did.
    pub started: Option<Mono>,
    /// When the answer was complete, or had failed.
    pub ended: Mono,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// Bytes of the body on the wire.
    pub bytes: u64,
    /// Requests sent, when not one: redirects of a robots fetch, a retry on a fresh connection.
    pub requests: u32,
    /// The address that answered; none behind a proxy.
    pub address: Option<IpAddr>,
    /// What `Retry-After` asked for.
    pub retry_after: Option<Duration>,
}

/// What a page gave, counted where it was found.
#[derive(Clone, Debug, Default)]
pub struct Yield {
    /// Links to ask the frontier about.
    pub outlinks: Vec<Outlink>,
    /// Links that were repeats within the page.
    pub repeats: u64,
    /// Links that are none of the crawl's business, by reason.
    pub refused: Refusals,
    /// Records handed to the exporters.
    pub records: u64,
}

/// A lease come home.
#[derive(Debug)]
pub struct Settlement {
    /// Which one.
    pub ticket: Ticket,
    /// How it ended.
    pub outcome: Outcome,
    /// What the network had to do with it.
    pub visit: Visit,
    /// What it brought.
    pub found: Yield,
}

/// Everything the frontier knows when it lends a URL.
#[derive(Debug)]
pub struct Loan {
    /// Which lease this is.
    pub ticket: Ticket,
    /// What to fetch.
    pub request: Request,
    /// Attempts before this one.
    pub attempt: u16,
    /// Whether a failure of this attempt is final.
    pub last: bool,
    /// Fetches of this URL that ended in a page before this one.
    pub revisit: u32,
    /// What belongs to the crawl, at this moment.
    pub scope: Arc<Scope>,
}

/// A URL on loan.
#[derive(Debug)]
pub struct Lease {
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
    pub fn new(loan: Loan, home: Home, held: Reservation) -> Self {
        let (visit, found) = Default::default();
        Self { inner: Some(Box::new(Inner { loan, home, held, visit, found, presence: Vec::new() })) }
    }

    /// What was lent.
    #[must_use]
    pub fn loan(&self) -> &Loan {
        &self.inner().loan
    }

    /// What to fetch.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.inner().loan.request
    }

    /// Where this lease comes home to, for sending settlements in batches.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.inner().home
    }

    /// The bytes it holds.
    pub fn held(&mut self) -> &mut Reservation {
        &mut self.inner_mut().held
    }

    /// What the network has to do with it, to be filled in on the way.
    pub fn visit(&mut self) -> &mut Visit {
        &mut self.inner_mut().visit
    }

    /// What its page gave, to be filled in on the way.
    pub fn found(&mut self) -> &mut Yield {
        &mut self.inner_mut().found
    }

    /// Counts this lease in `gauges` from now on, and nowhere else.
    pub fn counted_in(&mut self, gauges: &[&Gauge]) {
        self.inner_mut().presence = gauges.iter().map(|gauge| gauge.enter()).collect();
    }

    /// Ends the lease. What it found counts only if its page was accepted.
    #[must_use = "a settlement must be sent home"]
    pub fn settled(mut self, outcome: Outcome) -> Settlement {
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
