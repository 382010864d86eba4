//! Single URLs fetched by themselves: what `lycosa fetch` does.

use bytes::Bytes;

use super::{
    client_identity,
    plan::{outside, refreshes, statuses},
};
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

/// A request, its redirects (refreshes too, where `parser.refresh` wants them followed), and what came of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trace {
    /// Each request that was sent, or tried to be; at least one.
    pub hops: Vec<Hop>,
    /// The body of the last answer without its content codings, or why there is none.
    pub result: std::result::Result<Bytes, TraceError>,
}

impl Trace {
    /// The last answer as a handler would see it; none when there is no body.
    #[must_use]
    pub fn page(&self) -> Option<Page> {
        let (hop, body) = (self.hops.last()?, self.result.as_ref().ok()?);
        Some(Page::of_answer(hop.request.clone(), hop.status?, hop.headers.clone(), body.clone()))
    }
}

/// Why a trace has no body.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// No answer, or only a part of one.
    #[error("{0}")]
    Fetch(FetchError),
    /// A redirect that is not followed, a body that is too large or that its content coding does not explain: the name a
    /// crawl counts it by (`rejected/NAME`).
    #[error("rejected: {0}")]
    Rejected(&'static str),
}

/// Fetches single URLs with exactly the client of a crawl: `[fetcher]` holds, headers, proxies and limits included. An
/// answer's status, media type, scope and robots.txt do not matter, and nothing is tried again. Connections, names and
/// cookies are kept from one request to the next, and any number can be under way at the same time.
///
/// Belongs to one thread, and needs an actix system on it (`#[actix_rt::main]`).
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
    outside: NetworkContext,
    statuses: Statuses,
    refreshes: Refreshes,
    tracer: Tracer,
}

impl Client {
    /// A client as the configuration wants it.
    ///
    /// # Errors
    /// When `cookies.file`, `fetcher.netrc` or a certificate cannot be read, or `parser.statuses` are none.
    pub fn new(config: &Config) -> Result<Self> {
        let outside = outside(config)?;
        let tracer = Tracer::new(&config.fetcher, &client_identity::open(config)?, outside.clone());
        let (statuses, refreshes) = (statuses(config)?, refreshes(config));
        Ok(Self { config: config.clone(), outside, statuses, refreshes, tracer })
    }

    /// Sends a request and follows its redirects.
    pub async fn fetch(&self, request: Request) -> Trace {
        // Whoever asks for one URL means it, as with a seed.
        self.outside.guard.exempt(request.url());
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
            // There is at least one hop.
            (Ok(body), None) => Ok(body.bytes),
            (Err(Failed::Fetch(error)), _) => Err(TraceError::Fetch(error)),
            (Err(Failed::Rejected(rejection)), _) => Err(TraceError::Rejected(rejection.name())),
        };
        Trace { hops, result }
    }

    /// What the last page is to be left for, as in a crawl.
    fn refreshed(&self, trace: &Trace) -> std::result::Result<Option<Request>, Rejection> {
        let page = if self.refreshes.are_followed() { trace.page() } else { None };
        match page.filter(|page| self.statuses.admit(page.status()) || page.request().admits_status(page.status())) {
            Some(page) => self.refreshes.follow(&page),
            None => Ok(None),
        }
    }
}

/// [`Client::fetch`] by a client of its own.
///
/// # Errors
/// When `cookies.file`, `fetcher.netrc` or a certificate cannot be read; what the network does stands in the trace.
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
