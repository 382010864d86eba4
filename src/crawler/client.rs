//! Fetches single URLs, as `lycosa fetch` does.

use std::sync::Arc;

use bytes::Bytes;

use super::{client_identity, from_config};
use crate::{
    config::Config,
    error::Result,
    failure::{FetchError, Rejection},
    fetcher::{Body, Failed, Hop, Tracer},
    http::{
        coding,
        request::Request,
        response::{Headers, OverLimit},
    },
    parser::{Page, Refreshes, Statuses},
    transport::NetworkContext,
};

/// A request, its redirects and their result.
///
/// With `parser.refresh = "follow"` refreshes are redirects too; with other values they are not.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trace {
    /// Each request that was sent or attempted; at least one.
    pub hops: Vec<Hop>,
    /// Decoded body of the last response, or why there is none.
    pub result: std::result::Result<Bytes, TraceError>,
}

impl Trace {
    /// Returns the last response as a handler would see it; `None` if there is no body.
    #[must_use]
    pub fn page(&self) -> Option<Page> {
        let (hop, body) = (self.hops.last()?, self.result.as_ref().ok()?);
        Some(Page::from_parts(hop.request.clone(), hop.status?, hop.headers.clone(), body.clone()))
    }
}

/// Reason why a trace has no body.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// No response, or only a part of one.
    #[error("{0}")]
    Fetch(FetchError),
    /// Name under which a crawl counts it (`rejected/NAME`): a redirect that is not followed, a body that is too large
    /// or cannot be decoded.
    #[error("rejected: {0}")]
    Rejected(&'static str),
}

/// Fetches single URLs with the HTTP client of a crawl.
///
/// All of `[fetcher]` applies, with its headers, proxies and limits. Status, media type, scope and robots.txt are not
/// checked, and nothing is retried. Connections, DNS answers and cookies are kept between requests. Any number of requests
/// can be in flight.
///
/// A client belongs to one thread and needs an actix system on it (`#[actix_rt::main]`).
///
/// ```no_run
/// # #[actix_rt::main]
/// # async fn main() -> lycosa::Result<()> {
/// let client = lycosa::Client::new(&lycosa::Config::default())?;
/// for path in ["a", "b"] {
///     let url = format!("http://example.org/{path}").parse().unwrap();
///     let trace = client.fetch(lycosa::Request::get(url)).await;
///     println!("{} requests, {:?}", trace.hops.len(), trace.result);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Client {
    config: Config,
    network: NetworkContext,
    statuses: Statuses,
    refreshes: Refreshes,
    tracer: Tracer,
}

impl Client {
    /// Creates a client with this configuration.
    ///
    /// # Errors
    /// If `cookies.file`, `fetcher.netrc` or a certificate cannot be read, or `parser.statuses` is not valid.
    pub fn new(config: &Config) -> Result<Self> {
        let network = from_config::network(config)?;
        let tracer = Tracer::new(Arc::new(config.fetcher.clone()), &client_identity::open(config)?, network.clone());
        let (statuses, refreshes) = (from_config::statuses(config)?, from_config::refreshes(config));
        Ok(Self { config: config.clone(), network, statuses, refreshes, tracer })
    }

    /// Sends a request and follows its redirects.
    pub async fn fetch(&self, request: Request) -> Trace {
        // The user named this URL, so it is exempt, as a seed is.
        self.network.guard.exempt(request.url());
        let mut trace = self.trace(request).await;
        loop {
            match self.refreshed(&trace) {
                Ok(Some(next)) => {
                    let Trace { hops, result } = self.trace(next).await;
                    trace.hops.extend(hops);
                    trace.result = result;
                }
                Ok(None) => return trace,
                Err(rejection) => return Trace { result: Err(TraceError::Rejected(rejection.name())), ..trace },
            }
        }
    }

    async fn trace(&self, request: Request) -> Trace {
        let (hops, result) = self.tracer.trace(request).await;
        let result = match (result, hops.last()) {
            (Ok(body), Some(hop)) => {
                decoded(&self.config, &hop.headers, body).map_err(|rejection| TraceError::Rejected(rejection.name()))
            }
            // Never happens: there is at least one hop.
            (Ok(body), None) => Ok(body.bytes),
            (Err(Failed::Fetch(error)), _) => Err(TraceError::Fetch(error)),
            (Err(Failed::Rejected(rejection)), _) => Err(TraceError::Rejected(rejection.name())),
        };
        Trace { hops, result }
    }

    /// Returns where the refresh of the last page leads to, as in a crawl.
    fn refreshed(&self, trace: &Trace) -> std::result::Result<Option<Request>, Rejection> {
        let page = if self.refreshes.are_followed() { trace.page() } else { None };
        match page.filter(|page| self.statuses.admit(page.status()) || page.request().admits_status(page.status())) {
            Some(page) => self.refreshes.follow(&page),
            None => Ok(None),
        }
    }
}

/// Fetches one URL with a new [`Client`].
///
/// # Errors
/// If `cookies.file`, `fetcher.netrc` or a certificate cannot be read. Errors of the network are in the trace.
pub async fn fetch_once(config: &Config, request: Request) -> Result<Trace> {
    Ok(Client::new(config)?.fetch(request).await)
}

fn decoded(config: &Config, headers: &Headers, body: Body) -> std::result::Result<Bytes, Rejection> {
    let Body { bytes, is_cut } = body;
    let over_limit = config.fetcher.over_limit;
    if is_cut && over_limit == OverLimit::Reject {
        return Err(Rejection::TooLarge);
    }
    let coded = coding::Coded { headers, body: &bytes, truncated: is_cut };
    Ok(coding::decode(coded, config.fetcher.max_body.len(), over_limit)?.bytes)
}
