//! What a Parser does with one answer: decode, route, handle, and make of it what the Sink or the Scheduler gets. No actor
//! and no clock in here.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use log::{debug, warn};
use url::Url;

use super::{
    Failure, Manners, Output, Page, Refreshes, Router, Statuses,
    handler::{
        default::{follow_sitemap, is_sitemap, stock},
        router::Route,
    },
    output::{Base, Harvest, link_filter::Door},
};
use crate::{
    failure::{FetchError, Rejection},
    frontier::scope::discovery,
    http::{
        coding::decode,
        request::{Request, fingerprint::Fingerprint},
        response::{OverLimit, Response},
    },
    messages::{
        Fetched, Parsed,
        lease::{Lease, Loan, Outlink, Settlement},
    },
    outcome::Outcome,
    record::{Record, RecordId},
    sitemap::MAX_TEXT,
};

/// Bytes kept of what a handler or a panic says: it is stored with the URL.
const MAX_WORDS: usize = 1024;

/// What every page is parsed with.
pub(super) struct Work {
    pub(super) router: Arc<Router>,
    pub(super) manners: Manners,
    pub(super) refreshes: Refreshes,
    pub(super) discovery: discovery::Config,
    pub(super) statuses: Statuses,
    pub(super) max_body: usize,
    pub(super) over_limit: OverLimit,
    pub(super) max_links: usize,
    pub(super) max_output: usize,
}

/// What came of an answer.
enum Made {
    Page(Harvest),
    Redirect(Box<Request>),
}

/// Where a lease goes next.
pub(super) enum Next {
    /// It has records: to the Sink.
    Export(Parsed),
    /// It has none: home.
    Settle(Settlement),
}

impl Work {
    /// Parses what was fetched. Whatever goes wrong, the lease comes out of it.
    pub(super) fn parse(&self, fetched: Fetched) -> Next {
        let Fetched { mut lease, result } = fetched;
        let (outcome, harvest) = match result {
            Ok(response) => match guarded(|| self.page(&mut lease, response)) {
                Ok(Made::Page(harvest)) => (Outcome::Done, harvest),
                Ok(Made::Redirect(next)) => (Outcome::Redirected(next), Harvest::default()),
                Err(rejection) => (Outcome::Rejected(rejection), Harvest::default()),
            },
            Err(error) => {
                let harvest = guarded(|| self.failure(lease.loan(), &error)).unwrap_or_else(|rejection| {
                    warn!(url:% = lease.request().url(), error:% = rejection; "error handler failed");
                    Harvest::default()
                });
                (Outcome::Rejected(Rejection::GaveUp(error)), harvest)
            }
        };
        report(lease.request().url(), &outcome);
        finish(lease, outcome, harvest)
    }

    fn page(&self, lease: &mut Lease, response: Response) -> Result<Made, Rejection> {
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
            return Ok(Made::Redirect(Box::new(next)));
        }
        self.handled(lease, &page).map(Made::Page)
    }

    fn handled(&self, lease: &Lease, page: &Page) -> Result<Harvest, Rejection> {
        let mut out = self.output(Base::Page(page.clone()), lease.loan());
        let result = match self.router.route(page) {
            Route::To(handler) => handler.handle(page, &mut out),
            Route::Sitemap => return follow_sitemap(page, lease.loan(), &self.discovery),
            Route::Stock if is_sitemap(page) => return follow_sitemap(page, lease.loan(), &self.discovery),
            Route::Stock => stock(page, &mut out, &self.discovery),
            Route::Nowhere => return Err(Rejection::NoHandler),
        };
        result
            .map_err(|error| error.to_string())
            .and_then(|()| out.finish())
            .map_err(|words| Rejection::HandlerError(short(&words)))
    }

    fn failure(&self, loan: &Loan, error: &FetchError) -> Result<Harvest, Rejection> {
        let Some(handler) = self.router.error_handler() else { return Ok(Harvest::default()) };
        let mut out = self.output(Base::Url(loan.request.url().clone()), loan);
        let failure = Failure::new(loan.request.clone(), error.clone());
        let result = handler.handle(&failure, &mut out).map_err(|error| error.to_string());
        result.and_then(|()| out.finish()).map_err(|words| Rejection::HandlerError(short(&words)))
    }

    fn output(&self, base: Base, loan: &Loan) -> Output {
        Output::new(base, Door::new(loan, self.max_links), self.manners.clone(), self.max_output)
    }
}

/// Runs what may panic: a handler, or a bug of ours.
fn guarded<T>(run: impl FnOnce() -> Result<T, Rejection>) -> Result<T, Rejection> {
    // What `run` borrows is not looked into after a panic: the page is rejected, and what it put out is gone.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| Err(Rejection::HandlerPanic(words_of(&*payload))))
}

fn words_of(payload: &(dyn Any + Send)) -> Arc<str> {
    let words = payload.downcast_ref::<&str>().copied();
    short(words.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words"))
}

fn short(words: &str) -> Arc<str> {
    let end = (0..=words.len().min(MAX_WORDS)).rev().find(|&end| words.is_char_boundary(end)).unwrap_or(0);
    words.get(..end).unwrap_or_default().into()
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
fn finish(mut lease: Lease, outcome: Outcome, (mut found, lines): Harvest) -> Next {
    let records = records(lease.loan(), lines);
    found.records = records.len() as u64;
    let held = outlinks_size(&found.outlinks) + records.iter().map(record_size).sum::<usize>();
    lease.held().set(held as u64);
    *lease.found() = found;
    match records.is_empty() {
        true => Next::Settle(lease.settled(outcome)),
        false => Next::Export(Parsed { lease, records, outcome }),
    }
}

fn records(loan: &Loan, lines: Vec<Box<[u8]>>) -> Vec<Record> {
    if lines.is_empty() {
        return Vec::new();
    }
    let page = Fingerprint::of(&loan.request);
    let url: Arc<str> = loan.request.url().as_str().into();
    let label = loan.request.label_name();
    let named = (0..).zip(lines).map(|(index, json)| {
        let id = RecordId { page, index, revisit: loan.revisit };
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
