//! The URL of a seed.

use url::{Host, Url};

/// Parses the URL of a seed, and adds a missing scheme.
pub(crate) fn seed_url(text: &str) -> Result<Url, String> {
    let parse = |text: &str| text.parse::<Url>().map_err(|error| format!("url: `{text}` is not a valid URL: {error}"));
    let url = if has_scheme(text) { parse(text)? } else { with_scheme(text.trim_start_matches(['/', '\\']), parse)? };
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(format!("url: `{text}`: {scheme} is neither http nor https")),
    }
}

/// Returns true if a text begins with a scheme. `localhost:8080` does not, but `http:/example.org` and
/// `http:\\example.org` do, as in browsers.
fn has_scheme(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    if !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
        return false;
    }
    let is_http = ["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http));
    rest.starts_with("//") || (is_http && rest.starts_with(['/', '\\']))
}

fn with_scheme(text: &str, parse: impl Fn(&str) -> Result<Url, String>) -> Result<Url, String> {
    let url = parse(&format!("https://{text}"))?;
    if !url.username().is_empty() {
        // Not the user `mailto` of a host: `mailto:me@example.org`.
        return Err(format!("url: `{text}` is not a valid URL: it must start with http:// or https://"));
    }
    if is_local(&url) { parse(&format!("http://{text}")) } else { Ok(url) }
}

/// Returns true for addresses and `localhost`, which seldom have a certificate.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// Returns true for URLs of this machine.
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
