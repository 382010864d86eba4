//! What a Parser does with one answer: decode, route, handle, and make of it what the Sink or the Scheduler gets. No actor
//! and no clock in here.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use log::{debug, warn};
use url::Url;

use super::{
    Failure, Output, Page, Refreshes, RobotsDirectivePolicy, Router, Statuses,
    handler::{
        default::{follow_sitemap, is_sitemap, stock},
        router::Destination,
    },
    output::{Base, PageOutput, link_filter::LinkFilter},
};
use crate::{
    base::{panics, text},
    failure::{FetchError, Rejection},
    frontier::scope::discovery,
    http::{
        coding::decode,
        request::{Request, fingerprint::Fingerprint},
        response::{OverLimit, Response},
    },
    messages::{
        Fetched, Parsed,
        lease::{Assignment, Lease, Outlink},
    },
    outcome::Outcome,
    record::{Record, RecordId},
    sitemap::MAX_TEXT,
};

/// Bytes kept of what a handler or a panic says: it is stored with the URL.
const MAX_WORDS: usize = 1024;

/// What every page is parsed with.
pub(super) struct PageProcessor {
    pub(super) router: Arc<Router>,
    pub(super) manners: RobotsDirectivePolicy,
    pub(super) refreshes: Refreshes,
    pub(super) discovery: discovery::Config,
    pub(super) statuses: Statuses,
    pub(super) max_body: usize,
    pub(super) over_limit: OverLimit,
    pub(super) max_links: usize,
    pub(super) max_output: usize,
}

/// What came of an answer.
enum Handled {
    Page(PageOutput),
    Redirect(Box<Request>),
}

/// Where a lease goes next.
pub(super) enum NextStage {
    /// It has records: to the Sink.
    Export(Parsed),
    /// It has none: it is settled.
    Settle(Lease, Outcome),
}

impl PageProcessor {
    /// Parses what was fetched. Whatever goes wrong, the lease comes out of it.
    pub(super) fn parse(&self, fetched: Fetched) -> NextStage {
        let Fetched { mut lease, result } = fetched;
        let (outcome, harvest) = match result {
            Ok(response) => match guarded(|| self.page(&mut lease, response)) {
                Ok(Handled::Page(harvest)) => (Outcome::Done, harvest),
                Ok(Handled::Redirect(next)) => (Outcome::Redirected(next), PageOutput::default()),
                Err(rejection) => (Outcome::Rejected(rejection), PageOutput::default()),
            },
            Err(error) => {
                let harvest = guarded(|| self.failure(lease.assignment(), &error)).unwrap_or_else(|rejection| {
                    warn!(url:% = lease.request().url(), error:% = rejection; "error handler failed");
                    PageOutput::default()
                });
                (Outcome::Rejected(Rejection::GaveUp(error)), harvest)
            }
        };
        report(lease.request().url(), &outcome);
        finish(lease, outcome, harvest)
    }

    fn page(&self, lease: &mut Lease, response: Response) -> Result<Handled, Rejection> {
        let status = response.status;
        if !self.statuses.admit(status) && !lease.request().admits_status(status) {
            return Err(Rejection::Status(status));
        }
        // What a sitemap is too long for is left out.
        let (max_body, over_limit) = match lease.request().is_sitemap() {
            true => (self.max_body.max(MAX_TEXT), OverLimit::Truncate),
            false => (self.max_body, self.over_limit),
        };
        let content = decode(&response, max_body, over_limit)?;
        // The text may be a copy of the body.
        lease.held().set((response.body.len() + 2 * content.bytes.len()) as u64);
        let page = Page::new(lease.request().clone(), response, content);
        if let Some(next) = self.refreshes.follow(&page)? {
            return Ok(Handled::Redirect(Box::new(next)));
        }
        self.handled(lease, &page).map(Handled::Page)
    }

    fn handled(&self, lease: &Lease, page: &Page) -> Result<PageOutput, Rejection> {
        let mut out = self.output(Base::Page(page.clone()), lease.assignment());
        let result = match self.router.route(page) {
            Destination::To(handler) => handler.handle(page, &mut out),
            Destination::Sitemap => return follow_sitemap(page, lease.assignment(), &self.discovery),
            Destination::Stock if is_sitemap(page) => return follow_sitemap(page, lease.assignment(), &self.discovery),
            Destination::Stock => stock(page, &mut out, &self.discovery),
            Destination::Nowhere => return Err(Rejection::NoHandler),
        };
        result
            .map_err(|error| error.to_string())
            .and_then(|()| out.finish())
            .map_err(|message| Rejection::HandlerError(short(&message)))
    }

    fn failure(&self, assignment: &Assignment, error: &FetchError) -> Result<PageOutput, Rejection> {
        let Some(handler) = self.router.error_handler() else { return Ok(PageOutput::default()) };
        let mut out = self.output(Base::Url(assignment.request.url().clone()), assignment);
        let failure = Failure::new(assignment.request.clone(), error.clone());
        let result = handler.handle(&failure, &mut out).map_err(|error| error.to_string());
        result.and_then(|()| out.finish()).map_err(|message| Rejection::HandlerError(short(&message)))
    }

    fn output(&self, base: Base, assignment: &Assignment) -> Output {
        Output::new(base, LinkFilter::new(assignment, self.max_links), self.manners.clone(), self.max_output)
    }
}

/// Runs what may panic: a handler, or a bug of ours.
fn guarded<T>(run: impl FnOnce() -> Result<T, Rejection>) -> Result<T, Rejection> {
    // What `run` borrows is not looked into after a panic: the page is rejected, and what it put out is gone.
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|payload| Err(Rejection::HandlerPanic(short(panics::message(&*payload)))))
}

fn short(message: &str) -> Arc<str> {
    text::prefix(message, MAX_WORDS).into()
}

fn report(url: &Url, outcome: &Outcome) {
    match outcome {
        Outcome::Rejected(rejection @ (Rejection::HandlerError(_) | Rejection::HandlerPanic(_))) => {
            warn!(url:%, error:% = rejection; "handler failed");
        }
        Outcome::Rejected(rejection) => debug!(url:%, error:% = rejection; "page rejected"),
        Outcome::Done => debug!(url:%; "page parsed"),
        Outcome::NotModified | Outcome::Redirected(_) | Outcome::Retry(_) | Outcome::Robots(_) | Outcome::Lost => {}
    }
}

/// Puts what was found on the lease, which from now on holds that and no more.
fn finish(mut lease: Lease, outcome: Outcome, (mut findings, lines): PageOutput) -> NextStage {
    let records = records(lease.assignment(), lines);
    findings.records = records.len() as u64;
    let held = outlinks_size(&findings.outlinks) + records.iter().map(record_size).sum::<usize>();
    lease.held().set(held as u64);
    *lease.findings() = findings;
    match records.is_empty() {
        true => NextStage::Settle(lease, outcome),
        false => NextStage::Export(Parsed { lease, records, outcome }),
    }
}

fn records(assignment: &Assignment, lines: Vec<Box<[u8]>>) -> Vec<Record> {
    if lines.is_empty() {
        return Vec::new();
    }
    let page = Fingerprint::of(&assignment.request);
    let url: Arc<str> = assignment.request.url().as_str().into();
    let label = assignment.request.label_name();
    let named = (0..).zip(lines).map(|(index, json)| {
        let id = RecordId { page, index, revisit: assignment.revisit };
        Record::new(id, url.clone(), label.cloned(), json)
    });
    named.collect()
}

fn outlinks_size(outlinks: &[Outlink]) -> usize {
    let own = |outlink: &Outlink| outlink.request.url().as_str().len() + outlink.request.body().len();
    size_of_val(outlinks) + outlinks.iter().map(own).sum::<usize>()
}

fn record_size(record: &Record) -> usize {
    size_of::<Record>() + record.json().len()
}
