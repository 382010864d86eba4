//! The task of a robots.txt (RFC 9309 section 2.3).
//!
//! A redirect ends the lease: the next hop waits for the turn of its own host. The result applies to the host of the first
//! request.

use std::{pin::pin, rc::Rc, sync::Arc};

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

/// What came of a request for a robots.txt.
enum RobotsFile {
    /// The host has this file.
    Content(Bytes),
    /// The host has none.
    Missing,
    /// The next hop of a redirect.
    Moved(Box<Request>),
}

impl FetcherShared {
    /// Fetches a robots.txt and settles its lease.
    pub(super) async fn robots(&self, mut lease: Lease, exchange: &Rc<Exchange>) {
        let mut fetch_info = FetchInfo::default();
        let watch = self.progress.watch(&lease, exchange, self.clock.mono());
        let file = {
            let file = pin!(self.online_robots_file(&mut lease, exchange, &mut fetch_info));
            unless_revoked(watch, file).await
        };
        let Some(file) = file else { return self.revoked(lease, fetch_info, exchange) };
        let outcome = match file {
            Ok(RobotsFile::Content(file)) => rules(Robots::parse(&file, &self.robots_agent)),
            Ok(RobotsFile::Missing) => rules(Robots::default()),
            Ok(RobotsFile::Moved(next)) => Outcome::Redirected(next),
            Err(error) if self.client.was_stale(lease.request(), exchange, &error) => Outcome::Stale,
            Err(error) => Outcome::Robots(RobotsAnswer::Unreachable(error.to_string().into())),
        };
        self.settle(lease, fetch_info, outcome);
    }

    /// Fetches the file, again if this machine lost its network meanwhile.
    async fn online_robots_file(
        &self,
        lease: &mut Lease,
        exchange: &Exchange,
        fetch_info: &mut FetchInfo,
    ) -> Result<RobotsFile, FetchError> {
        loop {
            let outages = self.client.outages();
            match self.robots_file(lease, exchange, fetch_info).await {
                Err(error) if self.client.retry_after_outage(lease.request(), &error, outages).await => {}
                file => return file,
            }
        }
    }

    async fn robots_file(
        &self,
        lease: &mut Lease,
        exchange: &Exchange,
        fetch_info: &mut FetchInfo,
    ) -> Result<RobotsFile, FetchError> {
        let request = lease.request().clone().header("accept-encoding", "identity");
        let response = match self.client.send_request(&request, exchange, fetch_info).await {
            // The host is a forbidden address. Its pages will be refused for the same reason.
            Err(FetchError::Guard(_)) if request.redirects() == 0 && is_address(request.url()) => {
                return Ok(RobotsFile::Missing);
            }
            result => result?,
        };
        fetch_info.retry_after = self.retry_after(&response.head);
        let (status, headers, secrets) = (response.head.status, &response.head.headers, &self.config.secret_headers);
        match redirect::follow(lease.request(), status, headers, MAX_REDIRECTS, secrets) {
            Some(Ok(next)) => {
                response.discard().await;
                Ok(RobotsFile::Moved(Box::new(next)))
            }
            Some(Err(_)) => Ok(RobotsFile::Missing),
            None => self.content(response, lease.held(), fetch_info).await,
        }
    }

    /// Reads the file, or decides by the status.
    async fn content(
        &self,
        mut response: IncomingResponse,
        held: &mut Reservation,
        fetch_info: &mut FetchInfo,
    ) -> Result<RobotsFile, FetchError> {
        match response.head.status {
            200..300 => {}
            429 => return Err(FetchError::Status(429)),
            300..500 => return Ok(RobotsFile::Missing),
            status => return Err(FetchError::Status(status)),
        }
        let body = body::read(&mut response, held, &self.body_memory, MAX_FILE as u64).await?;
        fetch_info.bytes = body.bytes.len() as u64;
        // Some servers compress without being asked. Of a file that is cut off, the first part counts.
        let coded = Coded { headers: &response.head.headers, body: &body.bytes, truncated: true };
        let content = decode(coded, MAX_FILE, OverLimit::Truncate);
        let content = content.map(|content| RobotsFile::Content(content.bytes));
        content.map_err(|_| FetchError::Framing("content coding is broken".into()))
    }
}

/// Returns true if the host is an IP address, so that the decision of the guard cannot change.
fn is_address(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
}

fn rules(robots: Robots) -> Outcome {
    Outcome::Robots(RobotsAnswer::Rules(Arc::new(robots)))
}
