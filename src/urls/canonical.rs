//! Canonical URLs and the keys made of them.
//!
//! Two requests are the same when their fingerprints agree. The canonical form of a URL is its WHATWG serialisation
//! (lower-case scheme and host, IDNA, no default port, dot segments resolved, non-ASCII escaped) with three rules more:
//! 1. the fragment is dropped: it never reaches a server;
//! 2. escapes are in upper case (RFC 3986 section 6.2.2.1);
//! 3. escapes of unreserved characters (`A-Z a-z 0-9 - . _ ~`) are resolved (RFC 3986 section 6.2.2.2), unless a stray `%`
//!    before them would make another escape of the result: the canonical form of a canonical form is itself.
//!
//! Nothing else is merged, as somewhere it makes a difference: query parameters keep their order, empty segments, queries,
//! names and values are kept, a stray `%` is not escaped, credentials and a dot behind the host count, `/index.html` is not
//! `/`, `www.` is another host. For what a crawl knows better of its sites there is `[urls]`.

use std::borrow::Cow;

use url::{Host, Url};

/// The canonical form of a URL's WHATWG serialisation.
///
/// ```
/// assert_eq!(lycosa::canonical("http://a.example/%7ejoe%2f?q=%c3#top"), "http://a.example/~joe%2F?q=%C3");
/// ```
#[must_use]
pub fn canonical(serialized: &str) -> Cow<'_, str> {
    let url = serialized.split('#').next().unwrap_or_default();
    if memchr::memchr(b'%', url.as_bytes()).is_none() {
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
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if unreserved && !ends_in_half_an_escape(&out) {
            out.push(char::from(byte));
        } else {
            out.extend(escape.chars().take(3).map(|digit| digit.to_ascii_uppercase()));
        }
        rest = escape.get(3..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether one character more could make an escape of a `%` that is none: `%%341` must not become `%41`.
fn ends_in_half_an_escape(text: &str) -> bool {
    match text.as_bytes() {
        [.., b'%'] => true,
        [.., b'%', digit] => digit.is_ascii_hexdigit(),
        _ => false,
    }
}

/// The registrable domain of a URL's host by the public suffix list; the host itself where there is none, as with
/// address literals, single labels and names that begin with a dot.
#[must_use]
pub fn registrable(url: &Url) -> &str {
    match url.host() {
        Some(Host::Domain(name)) if name.starts_with('.') => name,
        Some(Host::Domain(name)) => psl::domain_str(name.trim_end_matches('.')).unwrap_or(name),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => url.host_str().unwrap_or_default(),
    }
}

/// `scheme://host[:port]/` of a URL.
pub(crate) fn root(url: &Url) -> Url {
    let mut root = url.clone();
    root.set_path("/");
    root.set_query(None);
    root.set_fragment(None);
    // Credentials are no part of a host; http and https URLs take both calls.
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
    fn a_root_is_scheme_host_and_port() {
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
