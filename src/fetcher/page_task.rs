//! A lease for a page: asked, judged, read, and sent on.

use std::time::Duration;

use log::debug;

use super::{
    Shared,
    client::{
        body::{self, Body},
        response::Answer,
        retry_after,
    },
    triage::{Verdict, judge},
};
use crate::{
    failure::{FetchError, Rejection},
    http::{
        request::Request,
        response::{OverLimit, Response},
    },
    messages::{
        Fetched,
        lease::{Lease, Visit},
    },
    outcome::Outcome,
    sitemap::MAX_TEXT,
    transport::{Exchange, Head},
};

impl Shared {
    /// Fetches a page; its lease goes to a Parser, or home.
    pub(super) async fn page(&self, mut lease: Lease, exchange: &Exchange) {
        let (limit, over_limit) = self.limit(lease.request());
        let (mut visit, answer, body) = loop {
            let mut visit = Visit::default();
            let losses = self.client.losses();
            let mut answer = match self.client.ask(lease.request(), exchange, &mut visit).await {
                Ok(answer) => answer,
                Err(error) => return self.failed(lease, visit, error),
            };
            visit.retry_after = self.retry_after(&answer.head);
            match judge(lease.loan(), &answer, &self.config, &self.statuses) {
                Verdict::Read => {}
                Verdict::Settle(outcome) => {
                    self.settle(lease, visit, outcome);
                    return answer.discard().await;
                }
                Verdict::Fail(error) => return self.failed(lease, visit, error),
            }
            match body::read(&mut answer, lease.held(), &self.room, limit).await {
                Ok(body) => break (visit, answer, body),
                Err(error) if self.client.outlasts(lease.request(), &error, losses).await => {}
                Err(error) => return self.failed(lease, visit, error),
            }
        };
        visit.bytes = body.bytes.len() as u64;
        match over_limit {
            OverLimit::Reject if body.is_cut => self.settle(lease, visit, Outcome::Rejected(Rejection::TooLarge)),
            OverLimit::Reject | OverLimit::Truncate => self.fetched(lease, exchange, visit, answer, body),
        }
    }

    /// How large a body may be, and what becomes of a larger one.
    fn limit(&self, request: &Request) -> (u64, OverLimit) {
        match request.is_sitemap() {
            true => (self.config.max_body.0.max(MAX_TEXT as u64), OverLimit::Truncate),
            false => (self.config.max_body.0, self.config.over_limit),
        }
    }

    /// To a Parser.
    fn fetched(&self, mut lease: Lease, exchange: &Exchange, mut visit: Visit, answer: Answer, body: Body) {
        visit.ended = self.clock.mono();
        let response = Response {
            status: answer.head.status,
            headers: answer.head.headers,
            body: body.bytes,
            truncated: body.is_cut,
            address: exchange.peer().filter(|_| !answer.is_proxied),
            started: visit.started.unwrap_or_default(),
            ended: visit.ended,
        };
        *lease.visit() = visit;
        self.parsers.send(Fetched { lease, result: Ok(response) });
    }

    /// Home to be asked again, if that is safe and may help; otherwise to a Parser, for the errback.
    fn failed(&self, mut lease: Lease, mut visit: Visit, error: FetchError) {
        debug!(url:% = lease.request().url(), attempt = lease.loan().attempt, error:%; "fetch failed");
        let is_safe = lease.request().is_repeatable() || visit.started.is_none();
        if error.is_transient() && is_safe && !lease.loan().last {
            return self.settle(lease, visit, Outcome::Retry(error));
        }
        visit.ended = self.clock.mono();
        *lease.visit() = visit;
        self.parsers.send(Fetched { lease, result: Err(error) });
    }

    /// Home.
    pub(super) fn settle(&self, mut lease: Lease, mut visit: Visit, outcome: Outcome) {
        visit.ended = self.clock.mono();
        *lease.visit() = visit;
        self.homebound.settle(lease, outcome);
    }

    /// What an answer that is no success says about coming again.
    pub(super) fn retry_after(&self, head: &Head) -> Option<Duration> {
        if head.status < 300 {
            return None;
        }
        retry_after::parse(head.headers.text("retry-after")?, self.clock.now().wall)
    }
}
