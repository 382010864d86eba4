//! The canonical form of URLs.
//!
//! It is the WHATWG serialisation (lower-case scheme and host, IDNA, no default port, dot segments resolved, non-ASCII
//! escaped) with three more rules:
//! 1. The fragment is dropped: it is never sent to a server.
//! 2. Escapes are in upper case (RFC 3986 section 6.2.2.1).
//! 3. Escapes of unreserved characters (`A-Z a-z 0-9 - . _ ~`) are decoded (RFC 3986 section 6.2.2.2), unless a stray `%`
//!    before them would form a new escape: a canonical form does not change again.
//!
//! Everything else is kept, since it makes a difference on some sites: the order of query parameters, empty segments,
//! queries, names and values, a stray `%`, credentials, `/index.html` versus `/`, and `www.`.
//! `[urls]` configures more rules for sites that are known.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::{Host, Url};

/// ASCII characters that are escaped in each path and query.
const NEVER_IN_URLS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');

/// Returns the canonical form of a URL's WHATWG serialisation.
///
/// ```
/// assert_eq!(lycosa::canonical("http://a.example/%7ejoe%2f?q=%c3#top"), "http://a.example/~joe%2F?q=%C3");
/// ```
#[must_use]
pub fn canonical(serialized: &str) -> Cow<'_, str> {
    let url = serialized.split('#').next().unwrap_or_default();
    if has_canonical_escapes(url) {
        return Cow::Borrowed(url);
    }
    let mut out = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(at) = rest.find('%') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let Some(byte) = escape.get(1..3).and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            out.push('%');
            rest = escape.get(1..).unwrap_or_default();
            continue;
        };
        if is_unreserved(byte) && !ends_in_half_an_escape(&out) {
            out.push(char::from(byte));
        } else {
            out.extend(escape.chars().take(3).map(|digit| digit.to_ascii_uppercase()));
        }
        rest = escape.get(3..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Returns true if all escapes are in upper case, and none is of an unreserved character.
fn has_canonical_escapes(url: &str) -> bool {
    memchr::memchr_iter(b'%', url.as_bytes()).all(|at| match url.as_bytes().get(at + 1..at + 3) {
        Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => {
            let byte = url.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
            !digits.iter().any(u8::is_ascii_lowercase) && byte.is_some_and(|byte| !is_unreserved(byte))
        }
        // Rare, and decided by the whole rules.
        Some(_) | None => false,
    })
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Returns true if one more character could turn a stray `%` into an escape: `%%341` must not become `%41`.
fn ends_in_half_an_escape(text: &str) -> bool {
    match text.as_bytes() {
        [.., b'%'] => true,
        [.., b'%', digit] => digit.is_ascii_hexdigit(),
        _ => false,
    }
}

/// Returns a text of a path or query as it is in canonical URLs.
pub(crate) fn escaped(text: &str) -> String {
    let escaped: String = utf8_percent_encode(text, NEVER_IN_URLS).collect();
    canonical(&escaped).into_owned()
}

/// Returns a URL in canonical form, without a final dot of its host: scope, traps and patterns compare this form.
pub(crate) fn canonical_url(url: &Url) -> Cow<'_, Url> {
    // Most URLs are canonical.
    if url.fragment().is_none() && has_canonical_escapes(url.as_str()) && !has_final_dot(url) {
        return Cow::Borrowed(url);
    }
    match Url::parse(&canonical(url.as_str())) {
        Ok(canonical) => Cow::Owned(without_final_dot(canonical)),
        Err(_) => Cow::Borrowed(url),
    }
}

/// Returns the registrable domain of a URL's host (public suffix list).
///
/// Returns the host itself if there is none: for addresses, single labels, and names that start with a dot.
#[must_use]
pub fn registrable(url: &Url) -> &str {
    match url.host() {
        Some(Host::Domain(name)) if name.starts_with('.') => name,
        Some(Host::Domain(name)) => psl::domain_str(name.trim_end_matches('.')).unwrap_or(name),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => url.host_str().unwrap_or_default(),
    }
}

/// Removes a final dot of the host: `example.org.` and `example.org` are one site.
///
/// So a site is crawled once, with one delay, one set of cookies, and one name for TLS. Two final dots are kept, because such
/// a name does not exist.
#[inline]
pub(crate) fn without_final_dot(url: Url) -> Url {
    // Called for every link, and hardly any has one.
    if has_final_dot(&url) { strip_final_dot(url) } else { url }
}

fn has_final_dot(url: &Url) -> bool {
    url.host_str().is_some_and(|host| host.ends_with('.'))
}

#[cold]
fn strip_final_dot(mut url: Url) -> Url {
    let name = url.host_str().and_then(|host| host.strip_suffix('.'));
    if let Some(name) = name.filter(|name| !name.is_empty() && !name.ends_with('.')) {
        let name = name.to_owned();
        // The rest of a valid name is valid. If it were not, the URL would stay unchanged.
        url.set_host(Some(&name)).ok();
    }
    url
}

/// Returns `scheme://host[:port]/` of a URL.
pub(crate) fn root(url: &Url) -> Url {
    let mut root = url.clone();
    root.set_path("/");
    root.set_query(None);
    root.set_fragment(None);
    // Drop credentials; neither call can fail for http(s) URLs.
    root.set_username("").ok();
    root.set_password(None).ok();
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_form_is_stable() {
        let mut rng = fastrand::Rng::with_seed(3986);
        for _ in 0..20_000 {
            let path: String = (0..rng.usize(..9))
                .filter_map(|_| rng.choice(['%', '1', '3', '4', 'a', 'F', '/', 'é', '~', '#']))
                .collect();
            let once = canonical(&path);
            assert_eq!(canonical(&once), once, "{path}");
        }
    }

    #[test]
    fn urls_are_compared_in_one_spelling() {
        for (url, expected) in [
            ("http://a.example/%7Ejoe", "http://a.example/~joe"),
            ("http://a.example./%c3%a9?%61", "http://a.example/%C3%A9?a"),
            ("http://a.example.:81/#x", "http://a.example:81/"),
            ("http://a.example/%C3%A9", "http://a.example/%C3%A9"),
            ("http://a.example/100%", "http://a.example/100%"),
            ("http://./", "http://./"),
        ] {
            assert_eq!(canonical_url(&url.parse().unwrap()).as_str(), expected, "{url}");
        }
    }

    #[test]
    fn roots_are_scheme_host_and_port() {
        let url: Url = "http://u:p@a.example:81/x/y?z".parse().unwrap();
        assert_eq!(root(&url).as_str(), "http://a.example:81/");
    }

    #[test]
    fn registrable_domains() {
        for (host, domain) in [
            ("a.b.example.co.uk", "example.co.uk"),
            ("example.com.", "example.com"),
            ("co.uk", "co.uk"),
            ("localhost", "localhost"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
            (".example.com", ".example.com"),
        ] {
            assert_eq!(registrable(&format!("http://{host}/").parse().unwrap()), domain);
        }
    }
}
