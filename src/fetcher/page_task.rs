//! A lease for a page: asked, judged, read, and sent on.

use std::time::Duration;

use log::debug;

use super::{
    FetcherShared,
    client::{
        body::{self, Body},
        response::IncomingResponse,
        retry_after,
    },
    triage::{Decision, judge},
};
use crate::{
    failure::{FetchError, Rejection},
    http::{
        request::Request,
        response::{OverLimit, Response},
    },
    messages::{
        Fetched,
        lease::{FetchInfo, Lease},
    },
    outcome::Outcome,
    sitemap::MAX_TEXT,
    transport::{Exchange, ResponseHead},
};

impl FetcherShared {
    /// Fetches a page; its lease goes to a Parser, or home.
    pub(super) async fn page(&self, mut lease: Lease, exchange: &Exchange) {
        let (limit, over_limit) = self.limit(lease.request());
        let (mut fetch_info, answer, body) = loop {
            let mut fetch_info = FetchInfo::default();
            let losses = self.client.losses();
            let mut answer = match self.client.ask(lease.request(), exchange, &mut fetch_info).await {
                Ok(answer) => answer,
                Err(error) => return self.failed(lease, fetch_info, error),
            };
            fetch_info.retry_after = self.retry_after(&answer.head);
            match judge(lease.assignment(), &answer, &self.config, &self.statuses) {
                Decision::Read => {}
                Decision::Settle(outcome) => {
                    self.settle(lease, fetch_info, outcome);
                    return answer.discard().await;
                }
                Decision::Fail(error) => return self.failed(lease, fetch_info, error),
            }
            match body::read(&mut answer, lease.held(), &self.room, limit).await {
                Ok(body) => break (fetch_info, answer, body),
                Err(error) if self.client.outlasts(lease.request(), &error, losses).await => {}
                Err(error) => return self.failed(lease, fetch_info, error),
            }
        };
        fetch_info.bytes = body.bytes.len() as u64;
        match over_limit {
            OverLimit::Reject if body.is_cut => self.settle(lease, fetch_info, Outcome::Rejected(Rejection::TooLarge)),
            OverLimit::Reject | OverLimit::Truncate => self.fetched(lease, exchange, fetch_info, answer, body),
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
    fn fetched(
        &self,
        mut lease: Lease,
        exchange: &Exchange,
        mut fetch_info: FetchInfo,
        answer: IncomingResponse,
        body: Body,
    ) {
        fetch_info.ended = self.clock.mono();
        let response = Response {
            status: answer.head.status,
            headers: answer.head.headers,
            body: body.bytes,
            truncated: body.is_cut,
            address: exchange.peer().filter(|_| !answer.is_proxied),
            started: fetch_info.started.unwrap_or_default(),
            ended: fetch_info.ended,
        };
        *lease.fetch_info() = fetch_info;
        self.parsers.send(Fetched { lease, result: Ok(response) });
    }

    /// Home to be asked again, if that is safe and may help; otherwise to a Parser, for the errback.
    fn failed(&self, mut lease: Lease, mut fetch_info: FetchInfo, error: FetchError) {
        debug!(url:% = lease.request().url(), attempt = lease.assignment().attempt, error:%; "fetch failed");
        let is_safe = lease.request().is_repeatable() || fetch_info.started.is_none();
        if error.is_transient() && is_safe && !lease.assignment().last {
            return self.settle(lease, fetch_info, Outcome::Retry(error));
        }
        fetch_info.ended = self.clock.mono();
        *lease.fetch_info() = fetch_info;
        self.parsers.send(Fetched { lease, result: Err(error) });
    }

    /// Home.
    pub(super) fn settle(&self, mut lease: Lease, mut fetch_info: FetchInfo, outcome: Outcome) {
        fetch_info.ended = self.clock.mono();
        *lease.fetch_info() = fetch_info;
        self.settlements.settle(lease, outcome);
    }

    /// What an answer that is no success says about coming again.
    pub(super) fn retry_after(&self, head: &ResponseHead) -> Option<Duration> {
        if head.status < 300 {
            return None;
        }
        retry_after::parse(head.headers.text("retry-after")?, self.clock.now().wall)
    }
}
