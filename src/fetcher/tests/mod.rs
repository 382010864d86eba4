//! The Fetcher with a real server on loopback, and probes for Parser and Scheduler.

mod connections;
mod failures;
mod network;
mod pages;
mod replies;
mod robots;
mod site;
mod stalls;

use std::time::Duration;

use actix::Addr;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::{
    replies::{html, reply},
    site::{Reply, Site},
};
use super::*;
use crate::{
    base::units::ByteSize,
    failure::{FetchError, Rejection, Stage},
    frontier::{assignment::LeaseId, scope::Scope},
    http::{
        request::{Method, Request},
        response::OverLimit,
    },
    keys::UrlKey,
    messages::{
        Fetched, Parse,
        lease::{Assignment, FetchInfo, Settle, Settlement, SettlementSender, Stalled, VisitPurpose},
    },
    outcome::Outcome,
    robots::RobotsAnswer,
    runtime::budget::{Budget, Reservation},
    transport::{AllowPrivate, Guard, Tls},
};

/// Message that a Fetcher sends.
enum Sent {
    Page(Fetched),
    Settlement(Settlement),
    /// Serial numbers of stalled leases.
    Stalled(Vec<u64>),
}

/// Parser and Scheduler in one actor.
struct Probe(UnboundedSender<Sent>);

impl Actor for Probe {
    type Context = Context<Self>;
}

impl Handler<Parse> for Probe {
    type Result = ();

    fn handle(&mut self, Parse(pages): Parse, _: &mut Context<Self>) {
        pages.into_iter().for_each(|page| self.0.send(Sent::Page(page)).unwrap());
    }
}

impl Handler<Settle> for Probe {
    type Result = ();

    fn handle(&mut self, Settle(settlements): Settle, _: &mut Context<Self>) {
        // The leases of pages that a test has dropped are settled as lost.
        let kept = settlements.into_iter().filter(|settlement| !matches!(settlement.outcome, Outcome::Lost));
        kept.for_each(|settlement| self.0.send(Sent::Settlement(settlement)).unwrap());
    }
}

impl Handler<Stalled> for Probe {
    type Result = ();

    fn handle(&mut self, Stalled(serials): Stalled, _: &mut Context<Self>) {
        self.0.send(Sent::Stalled(serials)).unwrap();
    }
}

struct TestFetcher {
    fetcher: Addr<Fetcher>,
    probe: Addr<Probe>,
    sent: UnboundedReceiver<Sent>,
    budget: Arc<Budget>,
}

impl TestFetcher {
    fn new(config: Config) -> Self {
        Self::online_while(config, || true)
    }

    /// Starts a Fetcher on a machine that has a network while `is_online` returns true.
    fn online_while(config: Config, is_online: fn() -> bool) -> Self {
        let (sender, sent) = unbounded_channel();
        let probe = Probe(sender).start();
        let setup = Setup {
            config: Arc::new(config),
            identity: Identity { user_agent: "lycosa/test".to_owned(), ..Identity::default() },
            robots_agent: "lycosa".to_owned(),
            statuses: Arc::new(|status| status / 100 == 2),
            parsers: ParserPool::new(vec![probe.clone().recipient()], Vec::new(), 1 << 20),
            clock: Clock::start(),
            fetchers: 1,
            network: NetworkContext {
                guard: Arc::new(Guard::new(AllowPrivate::All, Vec::new())),
                names: Default::default(),
                tls: Tls::new(&Default::default()).unwrap(),
                is_online,
            },
            liveness: LivenessGuard::new("fetcher", unbounded_channel().0),
        };
        Self { fetcher: Fetcher::new(setup).start(), probe, sent, budget: Budget::new(1 << 30) }
    }

    fn send_lease(&self, request: Request, kind: LeaseKind, last: bool) {
        self.send_assignment(request, kind, last, None);
    }

    fn send_assignment(&self, request: Request, kind: LeaseKind, last: bool, patience: Option<Duration>) {
        let lease_id = LeaseId { url: UrlKey::from_request(&request), serial: 0, kind };
        let scope = Arc::new(Scope::new(Default::default()).unwrap());
        let assignment = Assignment {
            lease_id,
            request,
            attempt: 0,
            last,
            revisit: 0,
            purpose: VisitPurpose::Page,
            patience,
            scope,
        };
        let settlement_sender = SettlementSender::new(self.probe.clone().recipient(), self.probe.clone().recipient());
        self.fetcher.do_send(Fetch(vec![Lease::new(
            assignment,
            settlement_sender,
            Reservation::empty(self.budget.clone()),
        )]));
    }

    async fn fetch(&mut self, request: Request) -> Sent {
        self.send_lease(request, LeaseKind::Page, false);
        self.sent.recv().await.unwrap()
    }

    async fn page(&mut self, request: Request) -> Fetched {
        match self.fetch(request).await {
            Sent::Page(page) => page,
            Sent::Settlement(settlement) => panic!("{settlement:?}"),
            Sent::Stalled(serials) => panic!("{serials:?}"),
        }
    }

    async fn settlement(&mut self, request: Request) -> Settlement {
        match self.fetch(request).await {
            Sent::Page(page) => panic!("{page:?}"),
            Sent::Stalled(serials) => panic!("{serials:?}"),
            Sent::Settlement(settlement) => settlement,
        }
    }

    async fn robots(&mut self, url: url::Url) -> (RobotsAnswer, FetchInfo) {
        self.send_lease(Request::get(url), LeaseKind::Robots, false);
        let Some(Sent::Settlement(settlement)) = self.sent.recv().await else { panic!("no settlement") };
        let Outcome::Robots(answer) = settlement.outcome else { panic!("{:?}", settlement.outcome) };
        (answer, settlement.fetch_info)
    }
}

fn config() -> Config {
    let mut config = Config { max_body: ByteSize(100), ..Config::default() };
    // Long enough for a server that shares its core with everything else.
    config.timeout.first_byte = Duration::from_secs(1);
    config.timeout.idle = Duration::from_secs(1);
    config
}
