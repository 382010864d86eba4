//! awc in one place: what it is told, what it believes, and what really goes over the wire.
//!
//! awc (the HTTP client of actix) has a good client API, connection pool and HTTP/1.1 codec. Alone it is not safe on the
//! real web: it takes a 103 (Early Hints) for the final response and gives the next request the previous page, reads a
//! body without a length as empty and a truncated one as whole, never closes an idle connection, knows no proxies, and
//! decompresses without a limit. So it stays for what it does well, and every byte passes through this module.
//!
//! | | what | where |
//! |---|---|---|
//! | told | an `http://` URL that names the connection, not the page: `http://tls@example.org:443/` | `route` |
//! | told | no redirects, no limits, no headers, no decompression of its own; a placeholder `Host` | `transport` |
//! | told | connections come from [`connector::Connector`]: our dialer, our TLS, our idle pool | `connector` |
//! | believes | it talks to a plain server that answers each request once, with an exact length | `connection`, `head` |
//! | believes | its pool keeps connections open; in truth they are closed beneath it (`transport::pool`) | `connection` |
//! | the wire | the request head in fixed order, written in place of awc's | `exchange`, `http1::request_head` |
//! | the wire | the response head and the first bytes of the body, kept aside before awc reads its own version | `exchange` |
//!
//! One request takes this path:
//!
//! 1. The Fetcher's client puts the real request head into an [`exchange::Exchange`] and calls
//!    [`transport::Transport::send`] within the exchange's scope, a task-local value.
//! 2. awc looks for a pooled connection of this URL's authority. [`route::RouteTag`] is part of the authority, so
//!    connections by different routes (direct, through a proxy, with TLS) are never mixed up.
//! 3. awc writes its head. The framing (`http1::framing`) drops it and writes the head from the exchange.
//! 4. The framing reads the server's head, skips 1xx responses, keeps the head and what came of the body in the exchange,
//!    and gives awc a minimal head whose length is certain.
//! 5. awc hands out the rest of the body. A body that ends early is an error of the framing, kept in the exchange.
//!
//! **HTTP/2** is never spoken. awc depends on h2 0.3, but reaches it only if TLS negotiates `h2`; our TLS offers
//! `http/1.1` alone (`connect::tls`), and awc is only asked for `http://` URLs. A test in `connect` proves it with a server
//! that insists on `h2`.

pub(crate) mod connection;
pub(crate) mod connector;
pub(crate) mod exchange;
pub(crate) mod head;
pub(crate) mod route;
pub(crate) mod transport;
