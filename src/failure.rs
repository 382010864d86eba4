//! Why a URL failed.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::base::text;

/// Words that are kept of an error or a panic, in bytes at most.
const WORDS: usize = 200;

/// Why a URL is never asked again. In this order in the store: new ones go to the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Rejection {
    /// Its host's robots.txt forbids it.
    Robots,
    /// A redirect led out of scope.
    Scope,
    /// An answer with a status that nobody admits.
    Status(u16),
    /// More redirects than `fetcher.redirects`, or a hop that is no URL.
    Redirects,
    /// A body larger than `fetcher.max_body`, before or after decoding.
    TooLarge,
    /// A body that its content coding does not explain.
    Encoding,
    /// A media type that no handler, rule or sink wants.
    MediaType,
    /// The handler said so, in these words.
    HandlerError(Arc<str>),
    /// The handler panicked, with these words.
    HandlerPanic(Arc<str>),
    /// No handler for its label.
    NoHandler,
    /// The process aborted twice while it was parsed, the second time with nothing else being parsed; or was killed often.
    Poison,
    /// Every attempt failed; this was the last.
    GaveUp(FetchError),
}

impl Rejection {
    /// The reason as counters and logs name it.
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

    /// The same with no more words than a store should keep.
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

/// The part of a request during which its time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// Looking up the name.
    Dns,
    /// Connecting, TLS included.
    Connect,
    /// From the request to the first byte of the answer.
    FirstByte,
    /// Between two parts of the body.
    Idle,
    /// The body, slower than it may be.
    Rate,
    /// All of it.
    Total,
}

impl Stage {
    /// The stage as config and logs name it.
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

/// Why a request got no usable answer. Cheap to clone: it travels with leases and into reports.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FetchError {
    /// The name has no address, or the resolver failed.
    Dns(Arc<str>),
    /// An address or a port that is not connected to.
    Guard(Arc<str>),
    /// No connection.
    Connect(Arc<str>),
    /// The TLS handshake failed.
    Tls(Arc<str>),
    /// The proxy refused.
    Proxy(Arc<str>),
    /// Time ran out at this stage.
    Timeout(Stage),
    /// The peer closed or reset the connection.
    Reset(Arc<str>),
    /// The answer was not HTTP.
    Framing(Arc<str>),
    /// The body ended before its end.
    Truncated,
    /// A status that asks to come again: 408, 429, 500, 502, 503, 504, 522, 524.
    Status(u16),
    /// The request itself cannot be sent: a bad header, proxy or method.
    Request(Arc<str>),
}

impl FetchError {
    /// The kind as counters and logs name it.
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

    /// The same with no more words than a store should keep.
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

    /// Whether the same request may fare better later: the one table of what is retried.
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

    /// Whether it says that the host as a whole is in trouble, so that its clock is pushed too.
    #[must_use]
    pub fn burdens_host(&self) -> bool {
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

    /// Whether the host is not known to be silent: an answer came, or it was not even asked.
    #[must_use]
    pub fn is_answer(&self) -> bool {
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

    /// Whether a status asks to come again rather than to go away.
    #[must_use]
    pub fn is_transient_status(status: u16) -> bool {
        matches!(status, 408 | 429 | 500 | 502 | 503 | 504 | 522 | 524)
    }
}

fn shortened(message: Arc<str>) -> Arc<str> {
    if message.len() <= WORDS { message } else { text::prefix(&message, WORDS).into() }
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
