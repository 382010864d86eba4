//! The Parser plays the callback role: it makes pages of answers, runs the handlers on them, and sends on what they put
//! out.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use actix::{Actor, Context, Recipient};
use log::warn;

use crate::{
    base::units::ByteSize,
    failure::Rejection,
    frontier::scope::discovery::Config as Discovery,
    http::response::OverLimit,
    messages::{Export, Fetched, MAX_ITEMS, Parse, Parsed, lease::Lease, settlement_batch::SettlementBatch},
    outcome::Outcome,
    runtime::{gauges::Gauges, liveness::LivenessGuard},
};

mod config;
mod crash_guard;
mod handler;
mod output;
mod page;
mod process;
mod refresh;
mod statuses;

pub(crate) use config::Config;
pub(crate) use crash_guard::{CrashGuard, StartKind};
use crash_guard::{Quarantined, Slot};
pub(crate) use handler::router::{Router, Routes};
pub use handler::{ErrorHandler, Failure, Handler, HandlerResult};
pub use output::Output;
pub use output::follow::{Follow, IntoLink};
pub(crate) use output::robots_directives::RobotsDirectivePolicy;
pub use page::Page;
pub use page::element::Element;
pub use page::link::Link;
pub use page::scan::LinkElement;
pub use page::selector::BadSelector;
use process::{NextStage, PageProcessor};
pub(crate) use refresh::Refreshes;
pub(crate) use statuses::Statuses;

/// How long a Parser that waits for the Sink trusts to be told of room: the last page may leave the Sink without freeing
/// a byte.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What a Parser is made of.
pub(crate) struct Setup {
    /// `[parser]`
    pub(crate) config: Config,
    /// What becomes of refreshes.
    pub(crate) refreshes: Refreshes,
    /// `parser.statuses`, parsed.
    pub(crate) statuses: Statuses,
    /// `fetcher.max_body`, which holds after decoding too.
    pub(crate) max_body: ByteSize,
    /// `fetcher.over_limit`
    pub(crate) over_limit: OverLimit,
    /// What is done for pages that ask something of robots.
    pub(crate) manners: RobotsDirectivePolicy,
    /// `[discovery]`
    pub(crate) discovery: Discovery,
    /// The handlers.
    pub(crate) router: Arc<Router>,
    /// Where pages with records go.
    pub(crate) sink: Recipient<Export>,
    /// Where leases are counted.
    pub(crate) gauges: Gauges,
    /// Where it notes what it parses, if anywhere.
    pub(crate) parsing: Option<Arc<CrashGuard>>,
    /// Reports the Parser's end.
    pub(crate) vital: LivenessGuard,
}

/// Parses one page per turn of its arbiter, so that sockets get their turn in between.
pub(crate) struct Parser {
    shared: Rc<ParserShared>,
    _vital: LivenessGuard,
}

struct ParserShared {
    work: PageProcessor,
    seat: Option<Slot>,
    sink: Recipient<Export>,
    gauges: Gauges,
    /// Bounded by the leases in flight.
    queue: RefCell<VecDeque<Fetched>>,
    /// Whether a task is working through the queue.
    busy: Cell<bool>,
}

impl Parser {
    /// A Parser; it does nothing until it is started.
    pub(crate) fn new(setup: Setup) -> Self {
        let Setup {
            config,
            statuses,
            max_body,
            over_limit,
            manners,
            refreshes,
            discovery,
            router,
            sink,
            gauges,
            parsing,
            vital,
        } = setup;
        let (max_links, max_output, max_body) = (config.max_links, config.max_output.len(), max_body.len());
        let work = PageProcessor {
            router,
            manners,
            refreshes,
            discovery,
            statuses,
            max_body,
            over_limit,
            max_links,
            max_output,
        };
        let seat = parsing.and_then(|parsing| parsing.seat());
        let shared = ParserShared { work, seat, sink, gauges, queue: RefCell::default(), busy: Cell::new(false) };
        Self { shared: Rc::new(shared), _vital: vital }
    }
}

impl Actor for Parser {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Context<Self>) {
        // Whoever works through the queue outlives the actor; the leases go home at once.
        self.shared.queue.take();
    }
}

impl actix::Handler<Parse> for Parser {
    type Result = ();

    fn handle(&mut self, Parse(pages): Parse, _: &mut Context<Self>) {
        for mut page in pages {
            page.lease.count_in(&[&self.shared.gauges.parser]);
            self.shared.queue.borrow_mut().push_back(page);
        }
        if !self.shared.busy.replace(true) {
            actix_rt::spawn(work_through(self.shared.clone()));
        }
    }
}

/// Parses until the queue is empty.
async fn work_through(shared: Rc<ParserShared>) {
    let _working = Working(&shared);
    let mut batch = Batch::default();
    while let Some(mut page) = shared.next() {
        wait_for_room(&shared, &mut page.lease, &mut batch).await;
        batch.add(shared.parse(page));
        if batch.len() >= MAX_ITEMS || shared.queue.borrow().is_empty() {
            batch.send(&shared.sink);
        }
        tokio::task::yield_now().await;
    }
    batch.send(&shared.sink);
}

/// Held by the task that works through the queue, however that ends.
struct Working<'s>(&'s ParserShared);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.busy.set(false);
        if std::thread::panicking() {
            // Handlers are caught, so this is our own bug: what waited behind it goes home, to be asked again.
            self.0.queue.take();
        }
    }
}

/// Above the byte limit more pages wait as long as the Sink has some that will free bytes.
async fn wait_for_room(shared: &ParserShared, lease: &mut Lease, batch: &mut Batch) {
    let budget = lease.held().budget().clone();
    let must_wait = || budget.is_full() && shared.gauges.sink.get() > 0;
    if budget.is_full() {
        batch.send(&shared.sink);
    }
    while must_wait() {
        let room = budget.freed();
        if must_wait() {
            // Told or not, it is looked at again.
            tokio::time::timeout(LOOK_AGAIN, room).await.ok();
        }
    }
}

impl ParserShared {
    fn next(&self) -> Option<Fetched> {
        self.queue.borrow_mut().pop_front()
    }

    /// Parses, noted where a death of the process leaves the note, unless the page is known to be that death.
    fn parse(&self, page: Fetched) -> NextStage {
        let Some(seat) = &self.seat else { return self.work.parse(page) };
        let url = page.lease.assignment().lease_id.url.url;
        seat.parse(url, page, |page| self.work.parse(page)).unwrap_or_else(|(page, Quarantined)| {
            warn!(url:% = page.lease.request().url(); "page killed the process before: rejected");
            NextStage::Settle(page.lease, Outcome::Rejected(Rejection::Poison))
        })
    }
}

/// Parsed pages and settlements that are not sent yet: at most [`MAX_ITEMS`] together.
#[derive(Default)]
struct Batch {
    pages: Vec<Parsed>,
    settlements: SettlementBatch,
}

impl Batch {
    fn add(&mut self, next: NextStage) {
        match next {
            NextStage::Export(page) => self.pages.push(page),
            NextStage::Settle(lease, outcome) => self.settlements.settle(lease, outcome),
        }
    }

    fn len(&self) -> usize {
        self.pages.len() + self.settlements.len()
    }

    fn send(&mut self, sink: &Recipient<Export>) {
        if !self.pages.is_empty() {
            sink.do_send(Export(std::mem::take(&mut self.pages)));
        }
        self.settlements.send();
    }
}

#[cfg(test)]
mod tests;
