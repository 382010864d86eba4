//! The room of the transport: what lies beneath awc, bytes in and bytes out.
//!
//! awc keeps what it is good at, its client API, pool and HTTP/1.1 codec; here the connection is made, and every head is
//! seen before awc sees it, because awc alone takes early hints for answers, length-less bodies for empty ones and cut
//! ones for whole ones. TLS lies in here too, below the framing: awc is only ever asked for `http://`, and an authority
//! with [`TLS_MARK`] before it is dialled with TLS.
//!
//! - `dial`: names, addresses, connecting. Its own resolver with a cache, the guard against private addresses, happy
//!   eyeballs and tunnels through proxies belong there.
//! - `tls`: rustls with webpki roots; HTTP/1.1 only.
//! - `framing`: the connection as awc sees it; closing connections that were idle for long belongs there.
//! - `head`: what a response head says about its body.
//! - `exchange`: what transport and Fetcher tell each other past awc.

use std::{sync::Arc, time::Duration};

mod dial;
mod exchange;
mod framing;
mod head;
mod outgoing;
mod socket;
mod tls;

pub(crate) use exchange::Exchange;
pub(crate) use head::Head;

/// Stands before the authority of a URL given to awc when the connection is to use TLS. It is userinfo by its form, so
/// that awc pools such connections apart; real userinfo never gets into a URL given to awc.
pub(crate) const TLS_MARK: &str = "tls@";

/// Limits of the transport.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// For looking up a name.
    pub(crate) dns: Duration,
    /// For connecting, TLS included, once the name is looked up.
    pub(crate) connect: Duration,
    /// How long a connection without a request may be used again.
    pub(crate) keep_alive: Duration,
}

/// An awc client over this transport, with each of awc's defaults that matters set: no limit on connections (leases
/// limit them), no redirects, no headers of its own, no time limit on requests (the Fetcher keeps the time). Requests
/// must ask for `no_decompress` themselves. Belongs to one thread; its connections are used again by it alone.
pub(crate) fn client(options: &Options) -> awc::Client {
    let connector = awc::Connector::new()
        .connector(dial::Dialer::new(options))
        .limit(0)
        // The dialer keeps its two limits itself; this is awc's own around both.
        .timeout(options.dns.saturating_add(options.connect))
        .conn_keep_alive(options.keep_alive)
        .conn_lifetime(Duration::MAX);
    awc::Client::builder().connector(connector).disable_redirects().disable_timeout().no_default_headers().finish()
}

/// The longest text of an error that is kept, in bytes.
const MAX_WORDS: usize = 200;

/// An error's words, short enough for logs and reports.
pub(crate) fn words(error: &(impl std::fmt::Display + ?Sized)) -> Arc<str> {
    let mut text = error.to_string();
    if text.len() > MAX_WORDS {
        text.truncate(text.floor_char_boundary(MAX_WORDS));
    }
    text.into()
}
