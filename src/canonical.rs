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

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};
use url::{Host, Url};
use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed, xxh3_128_with_seed};

use crate::request::{Method, Request};

/// Part of every key on disk: another value makes every store foreign.
const SEED: u64 = 0x4c59_434f_5341;

/// XXH3-128 of method, canonical URL, body and name of the cookie jar: what makes two requests the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u128);

/// A partition of the frontier: what one node owns as a whole.
pub(crate) type Partition = u8;

/// Names a host (scheme, host name, port). The top 8 bits are the [`Partition`]: a hash of the registrable domain, so that
/// a site stays together; the rest is a hash of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct HostKey(pub u64);

/// Names a request: its host and the low 64 bits of its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct UrlKey {
    /// The host asked.
    pub host: HostKey,
    /// Low 64 bits of the [`Fingerprint`].
    pub url: u64,
}

impl HostKey {
    /// The key of the host of `url`, which must have one (http or https).
    #[must_use]
    pub(crate) fn of(url: &Url) -> Self {
        let partition = hash(registrable(url).as_bytes()) >> 56;
        let mut hasher = Xxh3::with_seed(SEED);
        hasher.update(url.scheme().as_bytes());
        hasher.update(b"://");
        hasher.update(url.host_str().unwrap_or_default().as_bytes());
        hasher.update(&url.port_or_known_default().unwrap_or_default().to_be_bytes());
        Self(partition << 56 | hasher.digest() >> 8)
    }

    /// The partition the host belongs to.
    #[must_use]
    pub(crate) fn partition(self) -> Partition {
        self.0.to_be_bytes()[0]
    }
}

impl Fingerprint {
    /// The fingerprint of a request.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let url = canonical(request.url().as_str());
        if *request.method() == Method::Get && request.body().is_empty() && request.jar_name().is_empty() {
            return Self::of_link(&url);
        }
        let mut hasher = Xxh3::with_seed(SEED);
        // No method has a blank and no canonical URL either, so the parts cannot run into each other.
        hasher.update(request.method().as_str().as_bytes());
        hasher.update(b" ");
        hasher.update(url.as_bytes());
        hasher.update(b" ");
        hasher.update(request.body());
        if !request.jar_name().is_empty() {
            // A body that ends like this with another jar's name, or none, has another length.
            hasher.update(request.jar_name().as_bytes());
            hasher.update(&request.body().len().to_be_bytes());
        }
        Self(hasher.digest128())
    }

    /// The fingerprint of a GET of a canonical URL without a body: what a link is.
    #[must_use]
    pub fn of_link(canonical: &str) -> Self {
        Self(xxh3_128_with_seed(canonical.as_bytes(), SEED))
    }

    /// The part of the fingerprint that stands in a [`UrlKey`].
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    pub(crate) fn low(self) -> u64 {
        self.0 as u64
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl UrlKey {
    /// The key of a request.
    #[must_use]
    pub(crate) fn of(request: &Request) -> Self {
        let name = Fingerprint::of(request).low();
        let url = match request.visit() {
            0 => name,
            visit => xxh3_64_with_seed(&name.to_be_bytes(), SEED ^ u64::from(visit)),
        };
        Self { host: HostKey::of(request.url()), url }
    }
}

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

fn hash(bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, SEED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> UrlKey {
        UrlKey::of(&Request::get(text.parse().unwrap()))
    }

    #[test]
    fn what_is_the_same_request() {
        for (a, b, same) in [
            ("http://example.org", "http://example.org/#x", true),
            ("HTTP://EXAMPLE.org:80/a/./b/../c", "http://example.org/a/c", true),
            ("http://example.org/%7Ejoe", "http://example.org/~joe", true),
            ("http://example.org/é", "http://example.org/%c3%a9", true),
            ("http://example.org/a%2Fb", "http://example.org/a/b", false),
            ("http://example.org/?b=1&b=2", "http://example.org/?b=2&b=1", false),
            ("http://example.org:443/", "http://example.org/", false),
            ("http://example.org/100%", "http://example.org/100%25", false),
            ("http://example.org/%%341", "http://example.org/%41", false),
        ] {
            assert_eq!(key(a) == key(b), same, "{a} {b}");
        }
    }

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

    #[test]
    fn a_body_and_a_method_make_another_request() {
        let url: Url = "http://example.org/".parse().unwrap();
        let keys = [
            UrlKey::of(&Request::get(url.clone())),
            UrlKey::of(&Request::post(url.clone())),
            UrlKey::of(&Request::post(url.clone()).form([("a", "1")])),
            UrlKey::of(&Request::post(url.clone()).form([("a", "2")])),
            UrlKey::of(&Request::get(url.clone()).jar("one")),
            UrlKey::of(&Request::get(url.clone()).jar("two")),
            UrlKey::of(&Request::get(url.clone()).come_by(1).revisitable().to_revisit().unwrap()),
            UrlKey::of(&Request::get(url).come_by(2).revisitable().to_revisit().unwrap()),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn a_site_is_one_partition_and_its_hosts_differ() {
        let (a, b) = (key("http://www.example.co.uk/").host, key("https://shop.example.co.uk/").host);
        assert_eq!(a.partition(), b.partition());
        assert_ne!(a, b);
        assert_ne!(key("http://127.0.0.1:80/").host, key("http://127.0.0.1:81/").host);
    }
}
