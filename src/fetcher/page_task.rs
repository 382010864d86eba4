//! The task of a page: request, decision, body, and the way to a Parser or settlement.

use std::{pin::pin, rc::Rc, time::Duration};

use log::debug;

use super::{
    FetcherShared,
    client::{
        body::{self, Body},
        response::IncomingResponse,
        retry_after,
    },
    progress::unless_revoked,
    triage::{Decision, decide},
};
use crate::{
    failure::{FetchError, Rejection},
    http::{
        request::Request,
        response::{OverLimit, Response},
        sniff,
    },
    messages::{
        Fetched,
        lease::{FetchInfo, Lease},
    },
    outcome::Outcome,
    sitemap::MAX_TEXT,
    transport::{Exchange, ResponseHead},
};

/// What came of the request of a page.
enum PageAnswer {
    /// A response to parse.
    Whole(IncomingResponse, Body),
    /// A response whose body is not read, and the outcome of the lease.
    Unread(IncomingResponse, Outcome),
    /// The server had closed the kept connection.
    Stale,
    /// No usable response.
    Failed(FetchError),
}

impl FetcherShared {
    /// Fetches a page. Its lease goes to a Parser or is settled.
    pub(super) async fn page(&self, mut lease: Lease, exchange: &Rc<Exchange>) {
        let (limit, over_limit) = self.body_limit(lease.request());
        let mut fetch_info = FetchInfo::default();
        let watch = self.progress.watch(&lease, exchange, self.clock.mono());
        let answer = {
            let answer = pin!(self.read_page(&mut lease, exchange, &mut fetch_info, limit));
            unless_revoked(watch, answer).await
        };
        let Some(answer) = answer else {
            return self.revoked(lease, fetch_info, exchange);
        };
        let (response, body) = match answer {
            PageAnswer::Whole(response, body) => (response, body),
            PageAnswer::Unread(response, outcome) => {
                self.settle(lease, fetch_info, outcome);
                return response.discard().await;
            }
            PageAnswer::Stale => return self.settle(lease, fetch_info, Outcome::Stale),
            PageAnswer::Failed(error) => return self.failed(lease, fetch_info, error),
        };
        fetch_info.bytes = body.bytes.len() as u64;
        match over_limit {
            OverLimit::Reject if body.is_cut => self.settle(lease, fetch_info, Outcome::Rejected(Rejection::TooLarge)),
            OverLimit::Reject | OverLimit::Truncate => self.send_to_parser(lease, exchange, fetch_info, response, body),
        }
    }

    /// Sends the request of a lease and reads the response, again if this machine lost its network meanwhile.
    async fn read_page(
        &self,
        lease: &mut Lease,
        exchange: &Exchange,
        fetch_info: &mut FetchInfo,
        limit: u64,
    ) -> PageAnswer {
        loop {
            *fetch_info = FetchInfo::default();
            let outages = self.client.outages();
            let mut response = match self.client.send_request(lease.request(), exchange, fetch_info).await {
                Ok(response) => response,
                Err(error) if self.client.was_stale(lease.request(), exchange, &error) => return PageAnswer::Stale,
                Err(error) => return PageAnswer::Failed(error),
            };
            fetch_info.retry_after = self.retry_after(&response.head);
            match decide(lease.assignment(), &response, &self.config, &self.statuses) {
                Decision::Read => {}
                Decision::Settle(outcome) => return PageAnswer::Unread(response, outcome),
                Decision::Fail(error) => return PageAnswer::Failed(error),
            }
            let read = match is_binary(&mut response, lease.request()).await {
                Ok(true) => return PageAnswer::Unread(response, Outcome::Rejected(Rejection::MediaType)),
                Ok(false) => body::read(&mut response, lease.held(), &self.body_memory, limit).await,
                Err(error) => Err(error),
            };
            match read {
                Ok(body) => return PageAnswer::Whole(response, body),
                Err(error) if self.client.retry_after_outage(lease.request(), &error, outages).await => {}
                Err(error) => return PageAnswer::Failed(error),
            }
        }
    }

    /// Returns the maximum size of a body, and the treatment of a larger one.
    fn body_limit(&self, request: &Request) -> (u64, OverLimit) {
        match request.is_sitemap() {
            true => (self.config.max_body.0.max(MAX_TEXT as u64), OverLimit::Truncate),
            false => (self.config.max_body.0, self.config.over_limit),
        }
    }

    /// Sends a response to a Parser.
    fn send_to_parser(
        &self,
        mut lease: Lease,
        exchange: &Exchange,
        mut fetch_info: FetchInfo,
        incoming: IncomingResponse,
        body: Body,
    ) {
        fetch_info.ended = self.clock.mono();
        let response = Response {
            status: incoming.head.status,
            headers: incoming.head.headers,
            body: body.bytes,
            truncated: body.is_cut,
            address: exchange.peer().filter(|_| !incoming.is_proxied),
            started: fetch_info.started.unwrap_or_default(),
            ended: fetch_info.ended,
        };
        *lease.fetch_info() = fetch_info;
        self.parsers.send(Fetched { lease, result: Ok(response) });
    }

    /// Settles a failed lease for a retry if that is safe and may help. Otherwise a Parser gets it for the error handler.
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

    /// Settles a lease.
    pub(super) fn settle(&self, mut lease: Lease, mut fetch_info: FetchInfo, outcome: Outcome) {
        fetch_info.ended = self.clock.mono();
        *lease.fetch_info() = fetch_info;
        self.settlements.settle(lease, outcome);
    }

    /// Returns the `Retry-After` of a response that is not successful.
    pub(super) fn retry_after(&self, head: &ResponseHead) -> Option<Duration> {
        if head.status < 300 {
            return None;
        }
        retry_after::time_to_wait(&head.headers, self.clock.now().wall)
    }
}

/// Returns true if the first bytes show that the response is not a page, as far as its head leaves that open.
///
/// A body with content codings is decided by the Parser, which decodes it.
async fn is_binary(response: &mut IncomingResponse, request: &Request) -> Result<bool, FetchError> {
    let headers = &response.head.headers;
    let is_decided = !sniff::is_page_expected(request) || !sniff::may_be_binary(headers);
    if is_decided || headers.all("content-encoding").next().is_some() {
        return Ok(false);
    }
    response.read_start(sniff::MAX_START).await?;
    Ok(!sniff::media_type(&response.head.headers, &response.body).is_page())
}
