//! The Parser plays the callback role: it makes pages of responses, runs handlers on them, and sends the results on.
//!
//! | file or folder | contents |
//! |---|---|
//! | `mod` | the actor [`Parser`] and its queue |
//! | `process` | processing of one response, without actor and clock |
//! | `page/` | [`Page`]: the response as handlers see it |
//! | `handler/` | [`Handler`], routes, the built-in handlers |
//! | `output/` | [`Output`]: records and requests of a handler |
//! | `crash_guard/` | finds pages that kill the process |
//! | `refresh`, `statuses`, `config` | followed refreshes, accepted statuses, the section `[parser]` |

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
pub(crate) use crash_guard::CrashGuard;
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

/// Interval at which a Parser that waits for free memory checks again. It is not notified when the last page leaves the
/// Sink without freeing memory.
const RECHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Parts of a Parser.
pub(crate) struct Setup {
    /// `[parser]`
    pub(crate) config: Arc<Config>,
    /// Follows refreshes.
    pub(crate) refreshes: Refreshes,
    /// `parser.statuses`, parsed.
    pub(crate) statuses: Statuses,
    /// `fetcher.max_body`, which also limits the decoded body.
    pub(crate) max_body: ByteSize,
    /// `fetcher.over_limit`
    pub(crate) over_limit: OverLimit,
    /// Robots directives of pages that are obeyed.
    pub(crate) robots_policy: RobotsDirectivePolicy,
    /// The handlers.
    pub(crate) router: Arc<Router>,
    /// Receives pages with records.
    pub(crate) sink: Recipient<Export>,
    /// Counts leases.
    pub(crate) gauges: Gauges,
    /// Records which pages are being parsed. `None` without a state directory.
    pub(crate) crash_guard: Option<Arc<CrashGuard>>,
    /// Reports the end of the Parser.
    pub(crate) liveness: LivenessGuard,
}

/// Actor that parses pages. It yields to its event loop after each page, so that sockets are served in between.
pub(crate) struct Parser {
    shared: Rc<ParserShared>,
    _liveness: LivenessGuard,
}

struct ParserShared {
    processor: PageProcessor,
    slot: Option<Slot>,
    sink: Recipient<Export>,
    gauges: Gauges,
    /// Bounded by the leases in flight.
    queue: RefCell<VecDeque<Fetched>>,
    /// True while a task processes the queue.
    busy: Cell<bool>,
}

impl Parser {
    /// Creates a Parser. It does nothing until it is started.
    pub(crate) fn new(setup: Setup) -> Self {
        let Setup { config, refreshes, statuses, max_body, over_limit, robots_policy, router, .. } = setup;
        let max_body = max_body.len();
        let processor = PageProcessor { config, router, robots_policy, refreshes, statuses, max_body, over_limit };
        let Setup { sink, gauges, crash_guard, liveness, .. } = setup;
        let slot = crash_guard.and_then(|guard| guard.take_slot());
        let shared = ParserShared { processor, slot, sink, gauges, queue: RefCell::default(), busy: Cell::new(false) };
        Self { shared: Rc::new(shared), _liveness: liveness }
    }
}

impl Actor for Parser {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Context<Self>) {
        // The task that processes the queue outlives the actor. Dropping the leases returns them at once.
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
            actix_rt::spawn(process_queue(self.shared.clone()));
        }
    }
}

/// Parses pages until the queue is empty.
async fn process_queue(shared: Rc<ParserShared>) {
    let _guard = QueueGuard(&shared);
    let mut batch = Batch::default();
    while let Some(mut page) = shared.next() {
        wait_for_memory(&shared, &mut page.lease, &mut batch).await;
        batch.add(shared.parse(page));
        if batch.len() >= MAX_ITEMS || shared.queue.borrow().is_empty() {
            batch.send(&shared.sink);
        }
        tokio::task::yield_now().await;
    }
    batch.send(&shared.sink);
}

/// Resets the queue when its task ends, also after a panic.
struct QueueGuard<'s>(&'s ParserShared);

impl Drop for QueueGuard<'_> {
    fn drop(&mut self) {
        self.0.busy.set(false);
        if std::thread::panicking() {
            // Panics of handlers are caught, so this is a bug of ours. The waiting leases are returned and fetched again.
            self.0.queue.take();
        }
    }
}

/// Waits while memory is above its limit and the Sink still has pages that will free some.
async fn wait_for_memory(shared: &ParserShared, lease: &mut Lease, batch: &mut Batch) {
    let budget = lease.held().budget().clone();
    let must_wait = || budget.is_full() && shared.gauges.sink.get() > 0;
    if budget.is_full() {
        batch.send(&shared.sink);
    }
    while must_wait() {
        let freed = budget.freed();
        if must_wait() {
            // After a notification or a timeout, the condition is checked again.
            tokio::time::timeout(RECHECK_INTERVAL, freed).await.ok();
        }
    }
}

impl ParserShared {
    fn next(&self) -> Option<Fetched> {
        self.queue.borrow_mut().pop_front()
    }

    /// Parses a page, and records it in the crash guard meanwhile. Rejects a page that killed the process before.
    fn parse(&self, page: Fetched) -> NextStage {
        let Some(slot) = &self.slot else { return self.processor.parse(page) };
        let url = page.lease.assignment().lease_id.url.url;
        slot.parse(url, page, |page| self.processor.parse(page)).unwrap_or_else(|(page, Quarantined)| {
            warn!(url:% = page.lease.request().url(); "page rejected: it killed the process before");
            NextStage::Settle(page.lease, Outcome::Rejected(Rejection::Poison))
        })
    }
}

/// Parsed pages and settlements to send; at most [`MAX_ITEMS`] together.
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
