//! Reasons why a URL failed.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::base::text;

/// Maximum length of a stored error message, in bytes.
const MAX_MESSAGE: usize = 200;

/// Reason why a URL is never fetched again. The order is stored, so new reasons are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Rejection {
    /// The host's robots.txt forbids it.
    Robots,
    /// A redirect out of scope.
    Scope,
    /// A status that neither the configuration nor the request admits.
    Status(u16),
    /// More redirects than `fetcher.redirects`, or a hop that is not a valid URL.
    Redirects,
    /// A body larger than `fetcher.max_body`, before or after decoding.
    TooLarge,
    /// A body that cannot be decoded.
    Encoding,
    /// A media type that no handler, rule or sink needs.
    MediaType,
    /// The handler returned this error.
    HandlerError(Arc<str>),
    /// The handler panicked with this message.
    HandlerPanic(Arc<str>),
    /// No handler for its label.
    NoHandler,
    /// The process aborted twice while parsing it, the second time while parsing nothing else, or was killed repeatedly.
    Poison,
    /// All attempts failed; this is the last error.
    GaveUp(FetchError),
}

impl Rejection {
    /// Returns the name used in counters and logs.
    #[must_use]
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Robots => "robots",
            Self::Scope => "scope",
            Self::Status(_) => "status",
            Self::Redirects => "redirects",
            Self::TooLarge => "too_large",
            Self::Encoding => "encoding",
            Self::MediaType => "media_type",
            Self::HandlerError(_) => "handler_error",
            Self::HandlerPanic(_) => "handler_panic",
            Self::NoHandler => "no_handler",
            Self::Poison => "poison",
            Self::GaveUp(_) => "gave_up",
        }
    }

    /// Cuts messages to the length that is stored.
    #[must_use]
    pub(crate) fn shortened(self) -> Self {
        match self {
            Self::HandlerError(message) => Self::HandlerError(shortened(message)),
            Self::HandlerPanic(message) => Self::HandlerPanic(shortened(message)),
            Self::GaveUp(error) => Self::GaveUp(error.shortened()),
            Self::Robots
            | Self::Scope
            | Self::Status(_)
            | Self::Redirects
            | Self::TooLarge
            | Self::Encoding
            | Self::MediaType
            | Self::NoHandler
            | Self::Poison => self,
        }
    }
}

impl std::error::Error for Rejection {}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(formatter, "status {status}"),
            Self::HandlerError(message) => write!(formatter, "handler error: {message}"),
            Self::HandlerPanic(message) => write!(formatter, "handler panic: {message}"),
            Self::GaveUp(error) => write!(formatter, "gave up: {error}"),
            Self::Robots
            | Self::Scope
            | Self::Redirects
            | Self::TooLarge
            | Self::Encoding
            | Self::MediaType
            | Self::NoHandler
            | Self::Poison => formatter.write_str(self.name()),
        }
    }
}

/// Stage of a request in which it timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// DNS lookup.
    Dns,
    /// Connecting, including TLS.
    Connect,
    /// From the request to the first byte of the response.
    FirstByte,
    /// Between two parts of the body.
    Idle,
    /// The body, slower than `fetcher.min_rate`.
    Rate,
    /// The request as a whole.
    Total,
}

impl Stage {
    /// Returns the name used in the configuration and in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::FirstByte => "first_byte",
            Self::Idle => "idle",
            Self::Rate => "rate",
            Self::Total => "total",
        }
    }
}

/// Reason why a request got no usable response. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FetchError {
    /// The host name has no address, or the resolver failed.
    Dns(Arc<str>),
    /// The address guard refused the address or port.
    Guard(Arc<str>),
    /// The connection failed.
    Connect(Arc<str>),
    /// The TLS handshake failed.
    Tls(Arc<str>),
    /// The proxy refused the connection.
    Proxy(Arc<str>),
    /// Timed out at this stage.
    Timeout(Stage),
    /// The peer closed or reset the connection.
    Reset(Arc<str>),
    /// The response was not valid HTTP.
    Framing(Arc<str>),
    /// The connection ended before the body.
    Truncated,
    /// A status that means "try again later": 408, 429, 500, 502, 503, 504, 522, 524.
    Status(u16),
    /// The request cannot be sent: a header, proxy or method is not valid.
    Request(Arc<str>),
}

impl FetchError {
    /// Returns the kind, as used in counters and logs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Guard(_) => "guard",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Proxy(_) => "proxy",
            Self::Timeout(_) => "timeout",
            Self::Reset(_) => "reset",
            Self::Framing(_) => "framing",
            Self::Truncated => "truncated",
            Self::Status(_) => "status",
            Self::Request(_) => "request",
        }
    }

    /// Cuts messages to the length that is stored.
    #[must_use]
    pub(crate) fn shortened(self) -> Self {
        match self {
            Self::Dns(message) => Self::Dns(shortened(message)),
            Self::Guard(message) => Self::Guard(shortened(message)),
            Self::Connect(message) => Self::Connect(shortened(message)),
            Self::Tls(message) => Self::Tls(shortened(message)),
            Self::Proxy(message) => Self::Proxy(shortened(message)),
            Self::Reset(message) => Self::Reset(shortened(message)),
            Self::Framing(message) => Self::Framing(shortened(message)),
            Self::Request(message) => Self::Request(shortened(message)),
            Self::Timeout(_) | Self::Truncated | Self::Status(_) => self,
        }
    }

    /// Returns true if the request may succeed later. Only these errors are retried.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Dns(_)
            | Self::Connect(_)
            | Self::Tls(_)
            | Self::Proxy(_)
            | Self::Timeout(_)
            | Self::Reset(_)
            | Self::Framing(_)
            | Self::Truncated
            | Self::Status(_) => true,
            Self::Guard(_) | Self::Request(_) => false,
        }
    }

    /// Returns true if the host as a whole has a problem, so that its next request is delayed too.
    #[must_use]
    pub fn delays_host(&self) -> bool {
        match self {
            Self::Timeout(_) | Self::Reset(_) | Self::Status(429 | 503) => true,
            Self::Dns(_)
            | Self::Guard(_)
            | Self::Connect(_)
            | Self::Tls(_)
            | Self::Proxy(_)
            | Self::Framing(_)
            | Self::Truncated
            | Self::Status(_)
            | Self::Request(_) => false,
        }
    }

    /// Returns true if the host responded, or was not asked, so it may be responsive.
    #[must_use]
    pub fn is_host_responsive(&self) -> bool {
        match self {
            Self::Status(_) | Self::Framing(_) | Self::Truncated | Self::Guard(_) => true,
            Self::Dns(_)
            | Self::Connect(_)
            | Self::Tls(_)
            | Self::Proxy(_)
            | Self::Timeout(_)
            | Self::Reset(_)
            | Self::Request(_) => false,
        }
    }

    /// Returns true if this status means "try again later".
    #[must_use]
    pub fn is_transient_status(status: u16) -> bool {
        matches!(status, 408 | 429 | 500 | 502 | 503 | 504 | 522 | 524)
    }
}

fn shortened(message: Arc<str>) -> Arc<str> {
    if message.len() <= MAX_MESSAGE { message } else { text::prefix(&message, MAX_MESSAGE).into() }
}

impl fmt::Display for FetchError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(message)
            | Self::Guard(message)
            | Self::Connect(message)
            | Self::Tls(message)
            | Self::Proxy(message)
            | Self::Reset(message)
            | Self::Framing(message)
            | Self::Request(message) => write!(formatter, "{}: {message}", self.kind()),
            Self::Timeout(stage) => write!(formatter, "timeout: {}", stage.name()),
            Self::Truncated => formatter.write_str("truncated"),
            Self::Status(status) => write!(formatter, "status {status}"),
        }
    }
}

impl std::error::Error for FetchError {}
