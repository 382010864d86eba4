//! The task of a robots.txt (RFC 9309 section 2.3).
//!
//! Redirects are followed in the same lease. The result applies to the host of the first request.

use std::{rc::Rc, sync::Arc};

use bytes::Bytes;
use url::{Host, Url};

use super::{
    FetcherShared,
    client::{body, response::IncomingResponse},
    progress::unless_revoked,
};
use crate::{
    failure::FetchError,
    http::{
        coding::{Coded, decode},
        redirect,
        request::Request,
        response::OverLimit,
    },
    messages::lease::{FetchInfo, Lease},
    outcome::Outcome,
    robots::{Robots, RobotsAnswer},
    runtime::budget::Reservation,
    transport::Exchange,
};

/// Maximum number of redirects. After more of them the file counts as missing.
const MAX_REDIRECTS: u8 = 5;

/// Maximum length of a file in bytes, before and after decoding. RFC 9309 section 2.5 requires at least 500 KiB.
const MAX_FILE: usize = 512 << 10;

impl FetcherShared {
    /// Fetches a robots.txt and settles its lease.
    pub(super) async fn robots(&self, mut lease: Lease, exchange: &Rc<Exchange>) {
        let mut fetch_info = FetchInfo::default();
        let watch = self.progress.watch(&lease, exchange, self.clock.mono());
        let file = self.online_robots_file(&mut lease, exchange, &mut fetch_info);
        let Some(file) = unless_revoked(watch, file).await else { return self.revoked(lease, fetch_info, exchange) };
        let answer = match file {
            Ok(Some(file)) => RobotsAnswer::Rules(Arc::new(Robots::parse(&file, &self.robots_agent))),
            Ok(None) => RobotsAnswer::Rules(Arc::default()),
            Err(error) => RobotsAnswer::Unreachable(error.to_string().into()),
        };
        self.settle(lease, fetch_info, Outcome::Robots(answer));
    }

    /// Fetches the file, again if this machine lost its network meanwhile.
    async fn online_robots_file(
        &self,
        lease: &mut Lease,
        exchange: &Exchange,
        fetch_info: &mut FetchInfo,
    ) -> Result<Option<Bytes>, FetchError> {
        let request = lease.request().clone().header("accept-encoding", "identity");
        loop {
            let outages = self.client.outages();
            match self.robots_file(request.clone(), lease.held(), exchange, fetch_info).await {
                Err(error) if self.client.retry_after_outage(&request, &error, outages).await => {}
                file => return file,
            }
        }
    }

    /// Fetches the file. `None` if the host has none.
    async fn robots_file(
        &self,
        mut request: Request,
        held: &mut Reservation,
        exchange: &Exchange,
        fetch_info: &mut FetchInfo,
    ) -> Result<Option<Bytes>, FetchError> {
        let mut first = None;
        for hop in 0..=MAX_REDIRECTS {
            let result = self.client.send_request(&request, exchange, fetch_info).await;
            // The times and the address are those of the first host.
            (fetch_info.started, fetch_info.address) = *first.get_or_insert((fetch_info.started, fetch_info.address));
            let response = match result {
                // The host is a forbidden address. Its pages will be refused for the same reason.
                Err(FetchError::Guard(_)) if hop == 0 && is_address(request.url()) => return Ok(None),
                result => result?,
            };
            fetch_info.retry_after = self.retry_after(&response.head);
            match redirect::follow(
                &request,
                response.head.status,
                &response.head.headers,
                u8::MAX,
                &self.config.secret_headers,
            ) {
                Some(Ok(next)) => {
                    request = next;
                    response.discard().await;
                }
                Some(Err(_)) => return Ok(None),
                None => return self.content(response, held, fetch_info).await,
            }
        }
        Ok(None)
    }

    /// Reads the file, or decides by the status.
    async fn content(
        &self,
        mut response: IncomingResponse,
        held: &mut Reservation,
        fetch_info: &mut FetchInfo,
    ) -> Result<Option<Bytes>, FetchError> {
        match response.head.status {
            200..300 => {}
            429 => return Err(FetchError::Status(429)),
            300..500 => return Ok(None),
            status => return Err(FetchError::Status(status)),
        }
        let body = body::read(&mut response, held, &self.body_memory, MAX_FILE as u64).await?;
        fetch_info.bytes = body.bytes.len() as u64;
        // Some servers compress without being asked. Of a file that is cut off, the first part counts.
        let coded = Coded { headers: &response.head.headers, body: &body.bytes, truncated: true };
        let content = decode(coded, MAX_FILE, OverLimit::Truncate);
        content.map(|content| Some(content.bytes)).map_err(|_| FetchError::Framing("content coding is broken".into()))
    }
}

/// Returns true if the host is an IP address, so that the decision of the guard cannot change.
fn is_address(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
}
