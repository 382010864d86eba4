//! Which hosts a cookie is for.

use url::Host;

/// What a cookie and the hosts that get it have in common: their registrable domain.
pub(crate) fn key(domain: &str) -> &str {
    if is_address(domain) { domain } else { psl::domain_str(domain.trim_end_matches('.')).unwrap_or(domain) }
}

/// Section 5.1.3.
pub(crate) fn domain_matches(host: &str, domain: &str) -> bool {
    let is_below = || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')) && !is_address(host);
    host == domain || is_below()
}

/// Whether a host as URLs write it is an address.
pub(crate) fn is_address(host: &str) -> bool {
    host.starts_with('[') || !matches!(Host::parse(host), Ok(Host::Domain(_)))
}
