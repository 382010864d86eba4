//! A lease for a host's robots.txt (RFC 9309 section 2.3): redirects are followed within it, and the answer counts for
//! the host that was asked first.

use std::sync::Arc;

use bytes::Bytes;
use url::{Host, Url};

use super::{
    FetcherShared,
    client::{body, response::IncomingResponse},
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

/// Redirects followed; a file behind more of them counts as one that is not there.
const MAX_HOPS: u8 = 5;

/// How much of the file is read, and how much is made of it when it comes compressed (section 2.5 wants 500 KiB).
const MAX_FILE: usize = 512 << 10;

impl FetcherShared {
    /// Fetches a robots.txt; its lease goes home.
    pub(super) async fn robots(&self, mut lease: Lease, exchange: &Exchange) {
        let mut fetch_info = FetchInfo::default();
        let request = lease.request().clone().header("accept-encoding", "identity");
        let file = loop {
            let losses = self.client.losses();
            match self.file(request.clone(), lease.held(), exchange, &mut fetch_info).await {
                Err(error) if self.client.outlasts(&request, &error, losses).await => {}
                file => break file,
            }
        };
        let answer = match file {
            Ok(Some(file)) => RobotsAnswer::Rules(Arc::new(Robots::parse(&file, &self.robots_agent))),
            Ok(None) => RobotsAnswer::Rules(Arc::default()),
            Err(error) => RobotsAnswer::Unreachable(error.to_string().into()),
        };
        self.settle(lease, fetch_info, Outcome::Robots(answer));
    }

    /// The file; none when the host has none.
    async fn file(
        &self,
        mut request: Request,
        held: &mut Reservation,
        exchange: &Exchange,
        fetch_info: &mut FetchInfo,
    ) -> Result<Option<Bytes>, FetchError> {
        let mut first = None;
        for hop in 0..=MAX_HOPS {
            let answer = self.client.ask(&request, exchange, fetch_info).await;
            // Delay and address are those of the host asked first.
            (fetch_info.started, fetch_info.address) = *first.get_or_insert((fetch_info.started, fetch_info.address));
            let answer = match answer {
                // The host is an address that is refused, and so are its pages, each with this reason.
                Err(FetchError::Guard(_)) if hop == 0 && is_address(request.url()) => return Ok(None),
                answer => answer?,
            };
            fetch_info.retry_after = self.retry_after(&answer.head);
            match redirect::follow(
                &request,
                answer.head.status,
                &answer.head.headers,
                u8::MAX,
                &self.config.secret_headers,
            ) {
                Some(Ok(next)) => {
                    request = next;
                    answer.discard().await;
                }
                Some(Err(_)) => return Ok(None),
                None => return self.content(answer, held, fetch_info).await,
            }
        }
        Ok(None)
    }

    async fn content(
        &self,
        mut answer: IncomingResponse,
        held: &mut Reservation,
        fetch_info: &mut FetchInfo,
    ) -> Result<Option<Bytes>, FetchError> {
        match answer.head.status {
            200..300 => {}
            429 => return Err(FetchError::Status(429)),
            300..500 => return Ok(None),
            status => return Err(FetchError::Status(status)),
        }
        let body = body::read(&mut answer, held, &self.room, MAX_FILE as u64).await?;
        fetch_info.bytes = body.bytes.len() as u64;
        // Some servers compress though none was asked for. What is cut short is used as far as it goes.
        let coded = Coded { headers: &answer.head.headers, body: &body.bytes, truncated: true };
        let content = decode(coded, MAX_FILE, OverLimit::Truncate);
        content.map(|content| Some(content.bytes)).map_err(|_| FetchError::Framing("a broken content coding".into()))
    }
}

/// Whether the host needs no lookup, so that what the guard says of it stays true.
fn is_address(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
}
