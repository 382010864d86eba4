//! Which hosts a cookie is for.

use url::Host;

/// Returns the registrable domain of a cookie's domain or of a host: it is the same for a cookie and all its hosts.
pub(crate) fn key(domain: &str) -> &str {
    if is_address(domain) { domain } else { psl::domain_str(domain.trim_end_matches('.')).unwrap_or(domain) }
}

/// Domain matching (RFC 6265bis section 5.1.3).
pub(crate) fn domain_matches(host: &str, domain: &str) -> bool {
    let is_below = || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')) && !is_address(host);
    host == domain || is_below()
}

/// Returns true if a host, as written in URLs, is an IP address.
pub(crate) fn is_address(host: &str) -> bool {
    host.starts_with('[') || !matches!(Host::parse(host), Ok(Host::Domain(_)))
}
