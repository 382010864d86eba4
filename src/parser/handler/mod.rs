//! Handlers: the functions that get pages and failures.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | the traits [`Handler`] and [`ErrorHandler`] |
//! | `router` | selects the handler of a page by label, URL pattern, or default |
//! | `default` | the handler of a crawl without handlers of its own |
//! | `sitemap` | the handler of sitemaps |

pub(crate) mod default;
pub(crate) mod router;
pub(crate) mod sitemap;

use super::{Output, Page};
use crate::{failure::FetchError, http::request::Request};

/// Result of a handler. An error rejects the page and discards its output.
pub type HandlerResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Handles pages. Functions and closures `Fn(&Page, &mut Output) -> HandlerResult` are handlers.
///
/// Handlers run on the Parser's threads and must not block. For data of another page, emit a request with its own handler.
pub trait Handler: Send + Sync {
    /// Handles one page.
    ///
    /// # Errors
    /// Any error rejects the page; its text is stored as the reason.
    fn handle(&self, page: &Page, out: &mut Output) -> HandlerResult;
}

impl<F: Fn(&Page, &mut Output) -> HandlerResult + Send + Sync> Handler for F {
    fn handle(&self, page: &Page, out: &mut Output) -> HandlerResult {
        self(page, out)
    }
}

/// Handles failed requests (Scrapy's errback). Functions and closures `Fn(&Failure, &mut Output) -> HandlerResult` are error handlers.
pub trait ErrorHandler: Send + Sync {
    /// Handles one failure.
    ///
    /// # Errors
    /// Any error discards the output.
    fn handle(&self, failure: &Failure, out: &mut Output) -> HandlerResult;
}

impl<F: Fn(&Failure, &mut Output) -> HandlerResult + Send + Sync> ErrorHandler for F {
    fn handle(&self, failure: &Failure, out: &mut Output) -> HandlerResult {
        self(failure, out)
    }
}

/// A request whose last attempt failed.
#[derive(Clone, Debug)]
pub struct Failure {
    request: Request,
    error: FetchError,
}

impl Failure {
    pub(super) fn new(request: Request, error: FetchError) -> Self {
        Self { request, error }
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The error of its last attempt.
    #[must_use]
    pub fn error(&self) -> &FetchError {
        &self.error
    }
}
