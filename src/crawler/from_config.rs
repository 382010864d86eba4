//! Parts that a crawl and a single fetch build from the configuration in the same way.

use std::sync::Arc;

use crate::{
    config::Config,
    error::{Error, Result},
    parser::{Refreshes, Statuses},
    transport::{Guard, NetworkContext, Tls, is_online},
};

/// Returns which statuses are pages (`parser.statuses`).
///
/// # Errors
/// Every entry of `parser.statuses` that is not valid.
pub(super) fn statuses(config: &Config) -> Result<Statuses> {
    Statuses::new(&config.parser.statuses).map_err(Error::Config)
}

/// Returns which refreshes are followed.
pub(super) fn refreshes(config: &Config) -> Refreshes {
    let (parser, fetcher) = (&config.parser, &config.fetcher);
    let (redirects, secret_headers) = (fetcher.redirects, fetcher.secret_headers.clone());
    Refreshes { at: parser.refresh, max_delay: parser.refresh_delay, redirects, secret_headers }
}

/// Returns the address guard, DNS and TLS settings.
///
/// # Errors
/// If a certificate of `[tls]` cannot be used.
pub(super) fn network(config: &Config) -> Result<NetworkContext> {
    let tls = Tls::new(&config.tls).map_err(|message| Error::config("config", "tls", message))?;
    let guard = Guard::new(config.crawl.allow_private.clone(), config.fetcher.ports.clone());
    Ok(NetworkContext { guard: Arc::new(guard), names: config.dns.clone(), tls, is_online })
}
