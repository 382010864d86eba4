//! The transport by itself, for `benches/fetch`: awc with nothing above it.

use std::{sync::Arc, time::Duration};

use actix_http::body;
use awc::http::{
    Method,
    header::{ACCEPT, ACCEPT_ENCODING, USER_AGENT},
};
use futures_util::StreamExt as _;
use url::Url;

use crate::{
    clock::Clock,
    outcome::FetchError,
    wire::{AllowPrivate, Exchange, Guard, Options, Outside, Tls, Transport, dns, is_online, target, tls, words},
};

/// A transport that connects to whatever it is told to.
pub struct Bare {
    transport: Transport,
    clock: Clock,
}

impl Bare {
    /// No connections yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, String> {
        let clock = Clock::start();
        let guard = Arc::new(Guard::new(AllowPrivate::All, Vec::new()));
        let (names, tls) = (dns::Config::default(), Tls::new(&tls::Config::default())?);
        let outside = Outside { guard, names, tls, is_online };
        let limit = Duration::from_secs(10);
        let options = Options { dns: limit, connect: limit, keep_alive: limit, idle: 1024, outside, local: Vec::new() };
        Ok(Self { transport: Transport::new(options, clock), clock })
    }

    /// Gets a page; how many bytes its body has, read in parts and dropped.
    ///
    /// # Errors
    /// Whatever went wrong.
    pub async fn get(&self, url: &Url) -> Result<usize, FetchError> {
        let exchange = Exchange::new(self.clock);
        let ask = async {
            exchange.begin(None);
            let request = self.transport.request(Method::GET, target(url, None)?);
            let request =
                request.insert_header((USER_AGENT, "lycosa/0.1.0")).insert_header((ACCEPT, "text/html,*/*;q=0.8"));
            let request = request.insert_header((ACCEPT_ENCODING, "gzip, deflate, br, zstd"));
            let answer = request.send_body(body::None::new()).await;
            let mut answer = answer.map_err(|error| FetchError::Framing(words(&error)))?;
            let mut length = 0;
            while let Some(part) = answer.next().await {
                length += part.map_err(|error| FetchError::Framing(words(&error)))?.len();
            }
            Ok(length)
        };
        exchange.clone().scope(ask).await
    }
}
