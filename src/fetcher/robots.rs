//! A lease for a host's robots.txt (RFC 9309 section 2.3): redirects are followed within it, and the answer counts for
//! the host that was asked first.

use std::{io::Read, sync::Arc};

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use url::{Host, Url};

use super::{Shared, answer::Answer, body};
use crate::{
    budget::Reservation,
    lease::{Lease, Visit},
    outcome::{FetchError, Outcome},
    redirect,
    request::Request,
    robots::{Robots, RobotsAnswer},
    wire::Exchange,
};

/// Redirects followed; a file behind more of them counts as one that is not there.
const MAX_HOPS: u8 = 5;

/// How much of the file is read, and how much is made of it when it comes compressed (section 2.5 wants 500 KiB).
const MAX_FILE: u64 = 512 << 10;

impl Shared {
    /// Fetches a robots.txt; its lease goes home.
    pub(super) async fn robots(&self, mut lease: Lease, exchange: &Exchange) {
        let mut visit = Visit::default();
        let request = lease.request().clone().header("accept-encoding", "identity");
        let file = loop {
            let losses = self.client.losses();
            match self.file(request.clone(), lease.held(), exchange, &mut visit).await {
                Err(error) if self.client.outlasts(&request, &error, losses).await => {}
                file => break file,
            }
        };
        let answer = match file {
            Ok(Some(file)) => RobotsAnswer::Rules(Arc::new(Robots::parse(&file, &self.robots_agent))),
            Ok(None) => RobotsAnswer::Rules(Arc::default()),
            // The host is an address that is refused, and so are its pages, each with this reason.
            Err(FetchError::Guard(_)) if is_address(lease.request().url()) => RobotsAnswer::Rules(Arc::default()),
            Err(error) => RobotsAnswer::Unreachable(error.to_string().into()),
        };
        self.settle(lease, visit, Outcome::Robots(answer));
    }

    /// The file; none when the host has none.
    async fn file(
        &self,
        mut request: Request,
        held: &mut Reservation,
        exchange: &Exchange,
        visit: &mut Visit,
    ) -> Result<Option<Vec<u8>>, FetchError> {
        let mut first = None;
        for _ in 0..=MAX_HOPS {
            let answer = self.client.ask(&request, exchange, visit).await;
            // Delay and address are those of the host asked first.
            (visit.started, visit.address) = *first.get_or_insert((visit.started, visit.address));
            let answer = answer?;
            visit.retry_after = self.retry_after(&answer.head);
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
                None => return self.content(answer, held, visit).await,
            }
        }
        Ok(None)
    }

    async fn content(
        &self,
        mut answer: Answer,
        held: &mut Reservation,
        visit: &mut Visit,
    ) -> Result<Option<Vec<u8>>, FetchError> {
        match answer.head.status {
            200..300 => {}
            429 => return Err(FetchError::Status(429)),
            300..500 => return Ok(None),
            status => return Err(FetchError::Status(status)),
        }
        let body = body::read(&mut answer, held, &self.room, MAX_FILE).await?;
        visit.bytes = body.bytes.len() as u64;
        decoded(answer.head.headers.text("content-encoding"), &body.bytes).map(Some)
    }
}

/// Whether the host needs no lookup, so that what the guard says of it stays true.
fn is_address(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
}

/// Undoes the codings of servers that compress although none was asked for. What is cut short is used as far as it goes.
fn decoded(coding: Option<&str>, body: &Bytes) -> Result<Vec<u8>, FetchError> {
    let mut file = Vec::new();
    let read = match coding.unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "" | "identity" => return Ok(body.to_vec()),
        "gzip" | "x-gzip" => MultiGzDecoder::new(&**body).take(MAX_FILE).read_to_end(&mut file),
        "deflate" => ZlibDecoder::new(&**body).take(MAX_FILE).read_to_end(&mut file),
        _ => return Err(FetchError::Framing("a content coding that was not asked for".into())),
    };
    match read {
        Err(_) if file.is_empty() => Err(FetchError::Framing("a broken content coding".into())),
        Ok(_) | Err(_) => Ok(file),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn codings_are_undone() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&vec![b'#'; 1 << 20]).unwrap();
        let zipped = Bytes::from(encoder.finish().unwrap());
        assert_eq!(decoded(Some("GZip"), &zipped).unwrap().len() as u64, MAX_FILE);
        assert!(!decoded(Some("gzip"), &zipped.slice(..zipped.len() / 2)).unwrap().is_empty());
        assert_eq!(decoded(None, &Bytes::from_static(b"x")).unwrap(), b"x");
        assert!(decoded(Some("gzip"), &Bytes::from_static(b"x")).is_err());
        assert!(decoded(Some("br"), &Bytes::from_static(b"x")).is_err());
    }
}
