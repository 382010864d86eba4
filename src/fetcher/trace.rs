//! One request and its redirects, told in full, by the client that fetches everything else.

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

/// One request of a [`Trace`](crate::Trace) and the head of its answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Hop {
    /// What was asked for.
    pub request: Request,
    /// The head of the request as it went out; empty if it never did.
    pub sent: Vec<u8>,
    /// The address that was connected to: a proxy's, behind one.
    pub address: Option<SocketAddr>,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// The header fields of the answer.
    pub headers: Headers,
    /// How long it took.
    pub times: Times,
}

/// How long the parts of a request took. A connection that was there already took none for the first three.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Times {
    /// Looking up the name.
    pub dns: Option<Duration>,
    /// Connecting.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the first byte of the request to the first of the answer.
    pub first_byte: Option<Duration>,
    /// All of it, without the body.
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

/// Why a trace ended without a body.
#[derive(Clone, Debug)]
pub(crate) enum Failed {
    /// No usable answer.
    Fetch(FetchError),
    /// An answer that is not for us.
    Rejected(Rejection),
}

/// Sends single requests, and tells all that happens to them.
pub(crate) struct Tracer {
    client: Client,
    config: Config,
    /// Bytes for bodies, as many as it takes.
    budget: Arc<Budget>,
    room: BodyMemory,
    clock: Clock,
}

impl Tracer {
    /// One with connections of its own. Belongs to one thread.
    pub(crate) fn new(config: &Config, identity: &Identity, outside: NetworkContext) -> Self {
        let clock = Clock::start();
        let client = Client::new(config, identity, outside, 1, clock);
        Self { client, config: config.clone(), budget: Budget::new(u64::MAX), room: BodyMemory::default(), clock }
    }

    /// Sends `request` and follows its redirects; robots.txt is not asked, and nothing is tried again. The body still has its
    /// content codings.
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
        let asked = self.client.ask(&request, exchange, &mut FetchInfo::default()).await;
        let mut hop = Hop {
            sent: exchange.take_sent_head(),
            address: exchange.peer(),
            status: None,
            headers: Headers::default(),
            times: Times::new(exchange.times(), self.clock.mono()),
            request,
        };
        let mut answer = match asked {
            Ok(answer) => answer,
            Err(error) => return (hop, Err(Failed::Fetch(error))),
        };
        let status = answer.head.status;
        hop.status = Some(status);
        hop.headers = std::mem::take(&mut answer.head.headers);
        let Config { redirects, secret_headers, .. } = &self.config;
        match redirect::follow(&hop.request, status, &hop.headers, *redirects, secret_headers) {
            Some(Ok(next)) => {
                answer.discard().await;
                (hop, Ok(Step::Next(Box::new(next))))
            }
            Some(Err(rejection)) => (hop, Err(Failed::Rejected(rejection))),
            None => {
                let read = self.read(answer).await;
                (hop, read.map(Step::Last).map_err(Failed::Fetch))
            }
        }
    }

    async fn read(&self, mut answer: IncomingResponse) -> Result<Body, FetchError> {
        let mut held = Reservation::empty(self.budget.clone());
        body::read(&mut answer, &mut held, &self.room, self.config.max_body.0).await
    }
}

enum Step {
    Next(Box<Request>),
    Last(Body),
}
