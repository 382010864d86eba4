//! Single URLs fetched by themselves: what `lycosa fetch` does.

use bytes::Bytes;

use super::{identity, plan::outside};
use crate::{
    config::Config,
    error::Result,
    fetcher::{Failed, Hop, Tracer},
    outcome::{FetchError, Rejection},
    parser::{self, Page},
    request::Request,
    response::{OverLimit, Response},
    wire::Outside,
};

/// A request, its redirects, and what came of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trace {
    /// Each request that was sent, or tried to be; at least one.
    pub hops: Vec<Hop>,
    /// The body of the last answer without its content codings, or why there is none.
    pub result: std::result::Result<Bytes, Untraced>,
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
pub enum Untraced {
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
    outside: Outside,
    tracer: Tracer,
}

impl Client {
    /// A client as the configuration wants it.
    ///
    /// # Errors
    /// When `cookies.file`, `fetcher.netrc` or a certificate cannot be read.
    pub fn new(config: &Config) -> Result<Self> {
        let outside = outside(config)?;
        let tracer = Tracer::new(&config.fetcher, &identity::open(config)?, outside.clone());
        Ok(Self { config: config.clone(), outside, tracer })
    }

    /// Sends a request and follows its redirects.
    pub async fn fetch(&self, request: Request) -> Trace {
        // Whoever asks for one URL means it, as with a seed.
        self.outside.guard.exempt(request.url());
        let (hops, result) = self.tracer.trace(request).await;
        let result = match result {
            Ok(response) => body(&self.config, &response).map_err(|rejection| Untraced::Rejected(rejection.name())),
            Err(Failed::Fetch(error)) => Err(Untraced::Fetch(error)),
            Err(Failed::Rejected(rejection)) => Err(Untraced::Rejected(rejection.name())),
        };
        Trace { hops, result }
    }
}

/// [`Client::fetch`] by a client of its own.
///
/// # Errors
/// When `cookies.file`, `fetcher.netrc` or a certificate cannot be read; what the network does stands in the trace.
pub async fn fetch_once(config: &Config, request: Request) -> Result<Trace> {
    Ok(Client::new(config)?.fetch(request).await)
}

fn body(config: &Config, response: &Response) -> std::result::Result<Bytes, Rejection> {
    let over_limit = config.fetcher.over_limit;
    if response.truncated && over_limit == OverLimit::Reject {
        return Err(Rejection::TooLarge);
    }
    Ok(parser::decode(response, config.fetcher.max_body.len(), over_limit)?.bytes)
}
