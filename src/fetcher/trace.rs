//! Single requests with all their redirects and times, sent by the same client as those of a crawl.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use super::{
    Config, Identity,
    client::{
        Client,
        body::{self, Body},
        body_memory::BodyMemory,
        response::IncomingResponse,
    },
};
use crate::{
    base::time::Mono,
    failure::{FetchError, Rejection},
    http::{redirect, request::Request, response::Headers},
    messages::lease::FetchInfo,
    runtime::{
        budget::{Budget, Reservation},
        clock::Clock,
    },
    transport::{Exchange, NetworkContext, Timings},
};

/// One request of a [`Trace`](crate::Trace), and the head of its response.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Hop {
    /// Request of this hop.
    pub request: Request,
    /// Head of the request as sent. Empty if it was not sent.
    pub sent: Vec<u8>,
    /// Address of the connection: that of the proxy, if there is one.
    pub address: Option<SocketAddr>,
    /// Status, if there was a response.
    pub status: Option<u16>,
    /// Header fields of the response.
    pub headers: Headers,
    /// Durations of its parts.
    pub times: Times,
}

/// Durations of the parts of a request. The first three are `None` on a kept connection.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Times {
    /// Looking up the name of the host.
    pub dns: Option<Duration>,
    /// Connecting.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the first byte of the request to the first byte of the response.
    pub first_byte: Option<Duration>,
    /// Everything up to the end of the head.
    pub head: Duration,
}

impl Times {
    fn new(times: Timings, ended: Mono) -> Self {
        let between = |from: Option<Mono>, to: Option<Mono>| Some(to?.since(from?));
        Self {
            dns: between(times.asked, times.resolved),
            connect: between(times.resolved, times.connected),
            tls: between(times.connected, times.secured),
            first_byte: between(times.sent, times.answered),
            head: times.asked.map(|asked| ended.since(asked)).unwrap_or_default(),
        }
    }
}

/// Reason why a trace ended without a body.
#[derive(Clone, Debug)]
pub(crate) enum Failed {
    /// No usable response.
    Fetch(FetchError),
    /// A response that is rejected.
    Rejected(Rejection),
}

/// Sends single requests and records all their hops.
pub(crate) struct Tracer {
    client: Client,
    config: Arc<Config>,
    /// Memory for bodies, without a limit.
    budget: Arc<Budget>,
    body_memory: BodyMemory,
    clock: Clock,
}

impl Tracer {
    /// Creates a tracer with its own connections. It belongs to one thread.
    pub(crate) fn new(config: Arc<Config>, identity: &Identity, network: NetworkContext) -> Self {
        let clock = Clock::start();
        let client = Client::new(config.clone(), identity, network, 1, clock);
        Self { client, config, budget: Budget::new(u64::MAX), body_memory: BodyMemory::default(), clock }
    }

    /// Sends `request` and follows its redirects, without robots.txt and retries. The body is not decoded.
    pub(crate) async fn trace(&self, request: Request) -> (Vec<Hop>, Result<Body, Failed>) {
        let exchange = Exchange::new(self.clock);
        exchange.keep_sent_heads();
        exchange.clone().scope(self.follow(request, &exchange)).await
    }

    async fn follow(&self, mut request: Request, exchange: &Exchange) -> (Vec<Hop>, Result<Body, Failed>) {
        let mut hops = Vec::with_capacity(1);
        loop {
            let (hop, step) = self.step(exchange, request).await;
            hops.push(hop);
            match step {
                Ok(Step::Next(next)) => request = *next,
                Ok(Step::Last(body)) => return (hops, Ok(body)),
                Err(failed) => return (hops, Err(failed)),
            }
        }
    }

    async fn step(&self, exchange: &Exchange, request: Request) -> (Hop, Result<Step, Failed>) {
        let mut fetch_info = FetchInfo::default();
        let mut result = self.client.send_request(&request, exchange, &mut fetch_info).await;
        if result.as_ref().is_err_and(|error| self.client.was_stale(&request, exchange, error)) {
            result = self.client.send_request(&request, exchange, &mut fetch_info).await;
        }
        let mut hop = Hop {
            sent: exchange.take_sent_head(),
            address: exchange.peer(),
            status: None,
            headers: Headers::default(),
            times: Times::new(exchange.times(), self.clock.mono()),
            request,
        };
        let mut response = match result {
            Ok(response) => response,
            Err(error) => return (hop, Err(Failed::Fetch(error))),
        };
        let status = response.head.status;
        hop.status = Some(status);
        hop.headers = std::mem::take(&mut response.head.headers);
        let Config { redirects, secret_headers, .. } = &*self.config;
        match redirect::follow(&hop.request, status, &hop.headers, *redirects, secret_headers) {
            Some(Ok(next)) => {
                response.discard().await;
                (hop, Ok(Step::Next(Box::new(next))))
            }
            Some(Err(rejection)) => (hop, Err(Failed::Rejected(rejection))),
            None => {
                let read = self.read(response).await;
                (hop, read.map(Step::Last).map_err(Failed::Fetch))
            }
        }
    }

    async fn read(&self, mut response: IncomingResponse) -> Result<Body, FetchError> {
        let mut held = Reservation::empty(self.budget.clone());
        body::read(&mut response, &mut held, &self.body_memory, self.config.max_body.0).await
    }
}

/// Result of a hop.
enum Step {
    Next(Box<Request>),
    Last(Body),
}
