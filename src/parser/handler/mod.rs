//! What users do with pages, and with requests that failed for good.

pub(crate) mod default;
pub(crate) mod router;

use super::{Output, Page};
use crate::{failure::FetchError, http::request::Request};

/// What a handler returns. An error rejects the page: nothing that was put out counts.
pub type HandlerResult = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Handles pages. Functions and closures `Fn(&Page, &mut Output) -> HandlerResult` are handlers.
///
/// Handlers are CPU work on the parser's threads: what needs another answer puts out a request for it.
pub trait Handler: Send + Sync {
    /// Handles one page.
    ///
    /// # Errors
    /// Whatever makes the page a rejected one, in its own words.
    fn handle(&self, page: &Page, out: &mut Output) -> HandlerResult;
}

impl<F: Fn(&Page, &mut Output) -> HandlerResult + Send + Sync> Handler for F {
    fn handle(&self, page: &Page, out: &mut Output) -> HandlerResult {
        self(page, out)
    }
}

/// Handles failures (the errback). Functions and closures `Fn(&Failure, &mut Output) -> HandlerResult` are such handlers.
pub trait ErrorHandler: Send + Sync {
    /// Handles one failure.
    ///
    /// # Errors
    /// Then nothing that was put out counts.
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

    /// What its last attempt came to.
    #[must_use]
    pub fn error(&self) -> &FetchError {
        &self.error
    }
}
