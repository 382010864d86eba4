//! The URL of a seed, and where it leads.

use url::{Host, Url};

/// The URL of a seed, with the scheme that is meant where none is written.
pub(crate) fn seed_url(text: &str) -> Result<Url, String> {
    let parse = |text: &str| text.parse::<Url>().map_err(|error| format!("url: `{text}` is no URL: {error}"));
    let url = match text.contains("://") {
        true => parse(text)?,
        false => with_scheme(text.trim_start_matches('/'), parse)?,
    };
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(format!("url: `{text}`: {scheme} is neither http nor https")),
    }
}

fn with_scheme(text: &str, parse: impl Fn(&str) -> Result<Url, String>) -> Result<Url, String> {
    let url = parse(&format!("https://{text}"))?;
    if !url.username().is_empty() {
        // `mailto:me@example.org` is no user of example.org.
        return Err(format!("url: `{text}` is no URL: write http:// or https:// before it"));
    }
    if is_local(&url) { parse(&format!("http://{text}")) } else { Ok(url) }
}

/// Whether the host is an address or `localhost`: such hosts seldom have a certificate.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// Whether a URL leads to this machine and no further.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}
