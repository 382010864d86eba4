//! The transport without a Fetcher, for `benches/fetch`.

use std::{sync::Arc, time::Duration};

use awc::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderValue, USER_AGENT};
use bytes::Bytes;
use futures_util::StreamExt as _;
use url::{Position, Url};

use super::{
    AllowPrivate, Exchange, Fields, Guard, NetworkContext, RequestHead, Tls, Transport, TransportOptions,
    connect::{dns, tls},
    is_online, target,
};
use crate::{base::text, failure::FetchError, runtime::clock::Clock};

/// A transport that connects to any address.
pub struct Bare {
    transport: Transport,
    /// Header fields of every request.
    fields: Fields,
    clock: Clock,
}

impl Bare {
    /// A transport without connections.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new() -> Result<Self, String> {
        let clock = Clock::start();
        let guard = Arc::new(Guard::new(AllowPrivate::All, Vec::new()));
        let (names, tls) = (dns::Config::default(), Tls::new(&tls::Config::default())?);
        let network = NetworkContext { guard, names, tls, is_online };
        let limit = Duration::from_secs(10);
        let options = TransportOptions {
            dns: limit,
            connect: limit,
            keep_alive: limit,
            idle: 1024,
            context: network,
            local: Vec::new(),
        };
        let mut fields = Fields::default();
        for (name, value) in [
            (USER_AGENT, "lycosa/0.1.0"),
            (ACCEPT, "text/html,*/*;q=0.8"),
            (ACCEPT_ENCODING, "gzip, deflate, br, zstd"),
        ] {
            fields.push(&name, &HeaderValue::from_static(value));
        }
        Ok(Self { transport: Transport::new(options, clock), fields, clock })
    }

    /// Fetches a page and drops its body. Returns the length of the body in bytes.
    ///
    /// # Errors
    /// The error of the request.
    pub async fn get(&self, url: &Url) -> Result<usize, FetchError> {
        let exchange = Exchange::new(self.clock);
        let ask = async {
            let host = &url[Position::BeforeHost..Position::AfterPort];
            let mut head = RequestHead::new("GET", &target(url, None), host).map_err(wrong)?;
            head.extend(&self.fields);
            exchange.begin(self.clock.mono(), None);
            exchange.prepare(head);
            let mut rest = self.transport.send(url, None, Bytes::new())?.await.map_err(wrong)?;
            let answer = exchange.take_answer().ok_or_else(|| wrong("no head"))?;
            let mut length = answer.body.len();
            while !answer.is_whole
                && let Some(part) = rest.next().await
            {
                length += part.map_err(wrong)?.len();
            }
            Ok(length)
        };
        exchange.clone().scope(ask).await
    }
}

fn wrong(error: impl std::fmt::Display) -> FetchError {
    FetchError::Framing(text::from_error(&error))
}
