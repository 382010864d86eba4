//! One URL fetched by itself: what `lycosa fetch` does.

use bytes::Bytes;

use super::{identity, plan::outside};
use crate::{
    config::Config,
    error::Result,
    fetcher::{self, Failed, Hop},
    outcome::{FetchError, Rejection},
    parser,
    request::Request,
    response::{OverLimit, Response},
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

/// Sends one request and follows its redirects, through exactly the client of a crawl: `[fetcher]` holds, headers, proxies
/// and limits included. The answer's status, media type, scope and robots.txt do not matter, and nothing is tried again.
///
/// Needs an actix system on this thread (`#[actix_rt::main]`).
///
/// ```no_run
/// # #[actix_rt::main]
/// # async fn main() -> lycosa::Result<()> {
/// let request = lycosa::Request::get("http://example.org/".parse().unwrap());
/// let trace = lycosa::fetch_once(&lycosa::Config::default(), request).await?;
/// println!("{} requests, {:?}", trace.hops.len(), trace.result);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When `cookies.file`, `fetcher.netrc` or a certificate cannot be read; what the network does stands in the trace.
pub async fn fetch_once(config: &Config, request: Request) -> Result<Trace> {
    let outside = outside(config)?;
    // Whoever asks for one URL means it, as with a seed.
    outside.guard.exempt(request.url());
    let (hops, result) = fetcher::trace(&config.fetcher, &identity::open(config)?, outside, request).await;
    let result = match result {
        Ok(response) => body(config, &response).map_err(|rejection| Untraced::Rejected(rejection.name())),
        Err(Failed::Fetch(error)) => Err(Untraced::Fetch(error)),
        Err(Failed::Rejected(rejection)) => Err(Untraced::Rejected(rejection.name())),
    };
    Ok(Trace { hops, result })
}

fn body(config: &Config, response: &Response) -> std::result::Result<Bytes, Rejection> {
    let over_limit = config.fetcher.over_limit;
    if response.truncated && over_limit == OverLimit::Reject {
        return Err(Rejection::TooLarge);
    }
    Ok(parser::decode(response, config.fetcher.max_body.len(), over_limit)?.bytes)
}
