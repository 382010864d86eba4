//! Processing of one response: decode, route, handle, and build the result for the Sink or the Scheduler.
//!
//! There is no actor and no clock in here.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use log::{debug, warn};
use url::Url;

use super::{
    Config, Failure, Output, Page, Refreshes, RobotsDirectivePolicy, Router, Statuses,
    output::{Base, PageOutput, link_filter::LinkFilter},
};
use crate::{
    base::{panics, text},
    failure::{FetchError, Rejection},
    http::{
        coding::decode,
        request::{Request, fingerprint::Fingerprint},
        response::{OverLimit, Response},
    },
    messages::{
        Fetched, Parsed,
        lease::{Assignment, Lease, Outlink, VisitPurpose},
    },
    outcome::Outcome,
    record::{Record, RecordId},
    sitemap::MAX_TEXT,
};

/// Maximum length of the stored message of an error or a panic, in bytes.
const MAX_MESSAGE: usize = 1024;

/// Settings and handlers for the processing of pages.
pub(super) struct PageProcessor {
    pub(super) config: Arc<Config>,
    pub(super) router: Arc<Router>,
    pub(super) robots_policy: RobotsDirectivePolicy,
    pub(super) refreshes: Refreshes,
    pub(super) statuses: Statuses,
    /// `fetcher.max_body`, which also limits the decoded body.
    pub(super) max_body: usize,
    /// `fetcher.over_limit`
    pub(super) over_limit: OverLimit,
}

/// Result of a response.
enum Handled {
    Page(PageOutput),
    Redirect(Box<Request>),
}

/// Next stage of a lease.
pub(super) enum NextStage {
    /// The Sink exports its records.
    Export(Parsed),
    /// Without records, it is settled.
    Settle(Lease, Outcome),
}

impl PageProcessor {
    /// Processes a response or failure. The lease is always returned, also after a panic.
    pub(super) fn parse(&self, fetched: Fetched) -> NextStage {
        let Fetched { mut lease, result } = fetched;
        let (outcome, output) = match result {
            Ok(response) => match catch_panic(|| self.page(&mut lease, response)) {
                Ok(Handled::Page(output)) => (Outcome::Done, output),
                Ok(Handled::Redirect(next)) => (Outcome::Redirected(next), PageOutput::default()),
                Err(rejection) => (Outcome::Rejected(rejection), PageOutput::default()),
            },
            Err(error) => {
                let output = catch_panic(|| self.failure(lease.assignment(), &error)).unwrap_or_else(|rejection| {
                    warn!(url:% = lease.request().url(), error:% = rejection; "error handler failed");
                    PageOutput::default()
                });
                (Outcome::Rejected(Rejection::GaveUp(error)), output)
            }
        };
        report(lease.request().url(), &outcome);
        finish(lease, outcome, output)
    }

    fn page(&self, lease: &mut Lease, response: Response) -> Result<Handled, Rejection> {
        let status = response.status;
        if !self.statuses.admit(status) && !lease.request().admits_status(status) {
            return Err(Rejection::Status(status));
        }
        // A sitemap that is too long is cut; its first entries count.
        let (max_body, over_limit) = match lease.request().is_sitemap() {
            true => (self.max_body.max(MAX_TEXT), OverLimit::Truncate),
            false => (self.max_body, self.over_limit),
        };
        let content = decode(&response, max_body, over_limit)?;
        // The text may be a copy of the body, so the content counts twice.
        lease.held().set((response.body.len() + 2 * content.bytes.len()) as u64);
        let page = Page::new(lease.request().clone(), response, content);
        if page.is_foreign() {
            return Err(Rejection::MediaType);
        }
        if let Some(next) = self.refreshes.follow_in_crawl(&page, || self.is_end(lease, &page))? {
            return Ok(Handled::Redirect(Box::new(next)));
        }
        self.handled(lease, &page).map(Handled::Page)
    }

    fn handled(&self, lease: &Lease, page: &Page) -> Result<PageOutput, Rejection> {
        let mut out = self.output(Base::Page(page.clone()), lease.assignment());
        let handler = self.router.route(page).ok_or(Rejection::NoHandler)?;
        handler.handle(page, &mut out).map_err(rejection)?;
        out.finish().map_err(|message| Rejection::HandlerError(truncate(&message)))
    }

    /// Returns true if a page may be left by its refresh and has no link to follow.
    fn is_end(&self, lease: &Lease, page: &Page) -> bool {
        let mut out = self.output(Base::Page(page.clone()), lease.assignment());
        out.follow_links();
        !out.directives().nofollow && out.requests().next().is_none()
    }

    fn failure(&self, assignment: &Assignment, error: &FetchError) -> Result<PageOutput, Rejection> {
        let Some(handler) = self.router.error_handler() else { return Ok(PageOutput::default()) };
        let mut out = self.output(Base::Url(assignment.request.url().clone()), assignment);
        let failure = Failure::new(assignment.request.clone(), error.clone());
        let result = handler.handle(&failure, &mut out).map_err(|error| error.to_string());
        result.and_then(|()| out.finish()).map_err(|message| Rejection::HandlerError(truncate(&message)))
    }

    fn output(&self, base: Base, assignment: &Assignment) -> Output {
        Output::new(
            base,
            LinkFilter::new(assignment, &self.config),
            self.robots_policy.clone(),
            self.config.max_output.len(),
        )
    }
}

/// Turns a panic of a handler, or of our own code, into a rejection.
fn catch_panic<T>(run: impl FnOnce() -> Result<T, Rejection>) -> Result<T, Rejection> {
    // Nothing that `run` borrows is read after a panic: the page is rejected and its output discarded.
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|payload| Err(Rejection::HandlerPanic(truncate(panics::message(&*payload)))))
}

/// Returns the reason for a page whose handler failed: its own, if the handler gave one.
fn rejection(error: Box<dyn std::error::Error + Send + Sync>) -> Rejection {
    match error.downcast() {
        Ok(rejection) => *rejection,
        Err(error) => Rejection::HandlerError(truncate(&error.to_string())),
    }
}

fn truncate(message: &str) -> Arc<str> {
    text::prefix(message, MAX_MESSAGE).into()
}

fn report(url: &Url, outcome: &Outcome) {
    match outcome {
        Outcome::Rejected(rejection @ (Rejection::HandlerError(_) | Rejection::HandlerPanic(_))) => {
            warn!(url:%, error:% = rejection; "handler failed");
        }
        Outcome::Rejected(rejection) => debug!(url:%, error:% = rejection; "page rejected"),
        Outcome::Done => debug!(url:%; "page parsed"),
        Outcome::NotModified
        | Outcome::Redirected(_)
        | Outcome::Retry(_)
        | Outcome::Robots(_)
        | Outcome::GivenBack
        | Outcome::Stale
        | Outcome::Revoked
        | Outcome::Lost => {}
    }
}

/// Moves findings to the lease, and sets its memory reservation to the size of outlinks and records.
fn finish(mut lease: Lease, outcome: Outcome, (mut findings, lines): PageOutput) -> NextStage {
    // The records of a page that is visited for its links alone were emitted before.
    let lines = if lease.assignment().purpose == VisitPurpose::Links { Vec::new() } else { lines };
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
    let page = Fingerprint::from_request(&assignment.request);
    let url: Arc<str> = assignment.request.url().as_str().into();
    let label = assignment.request.label_name();
    let records = (0..).zip(lines).map(|(index, json)| {
        let id = RecordId { page, index, revisit: assignment.revisit };
        Record::new(id, url.clone(), label.cloned(), json)
    });
    records.collect()
}

fn outlinks_size(outlinks: &[Outlink]) -> usize {
    let heap_size = |outlink: &Outlink| outlink.request.url().as_str().len() + outlink.request.body().len();
    size_of_val(outlinks) + outlinks.iter().map(heap_size).sum::<usize>()
}

fn record_size(record: &Record) -> usize {
    size_of::<Record>() + record.json().len()
}
