//! A request: a URL with everything its fetch needs, and everything its handler gets back.
//!
//! | file | contents |
//! |---|---|
//! | `body`, `multipart` | bodies: forms, JSON, files |
//! | `method` | HTTP methods |
//! | `credentials` | user and password in URLs |
//! | `fingerprint` | equality of requests |
//! | `hop` | what redirects change |
//! | `fields` | reading a request |

pub(crate) mod body;
pub(crate) mod credentials;
mod fields;
pub(crate) mod fingerprint;
pub(crate) mod hop;
pub(crate) mod method;
pub(crate) mod multipart;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use self::credentials::take_credentials;
pub use self::fingerprint::Fingerprint;
pub(crate) use self::{credentials::anonymous, method::is_token};
pub use self::{
    method::{BadMethod, Method},
    multipart::Part,
};
use crate::{
    base::secret::{HIDDEN, is_secret_name},
    urls::canonical::without_final_dot,
};

/// Maximum size of a request body, in bytes (1 MiB). The frontier stores it.
pub const MAX_REQUEST_BODY: usize = 1 << 20;

/// Label of sitemaps, which the crawl reads itself.
pub(crate) const SITEMAP: &str = "lycosa:sitemap";

/// A request.
///
/// A plain link needs only a URL, so everything else is behind one pointer.
///
/// ```
/// use lycosa::Request;
/// let request = Request::post("http://example.org/search".parse().unwrap())
///     .form([("q", "spiders")])
///     .label("results")
///     .priority(10);
/// assert_eq!(request.body(), b"q=spiders");
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    url: Url,
    label: Option<Arc<str>>,
    depth: u16,
    /// Links followed since leaving the scope.
    hops: u8,
    /// Redirects followed to get here.
    redirects: u8,
    seed: bool,
    priority: i8,
    extra: Option<Box<Extra>>,
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
struct Extra {
    method: Method,
    headers: Vec<(String, String)>,
    body: Bytes,
    /// JSON text: the stored format is not self-describing.
    meta: Option<String>,
    proxy: Option<String>,
    timeout: Option<Duration>,
    idempotent: bool,
    statuses: Vec<(u16, u16)>,
    /// The original URL, after a redirect.
    origin: Option<Url>,
    /// Name of the cookie jar; `None`: the unnamed one.
    jar: Option<Arc<str>>,
    /// Fingerprints (low halves) of the requests whose redirects led here, in order. One per redirect followed.
    chain: Vec<u64>,
    /// True after a redirect to another origin.
    strayed: bool,
    /// True if the request is fetched even if its URL is known.
    may_revisit: bool,
    /// Distinguishes repeated visits of a URL; 0 for the first.
    visit: u32,
    /// True if the URL is fetched again each time this request is emitted.
    asks_again: bool,
    /// Identifies the page, or the start of the crawl, that emits the request.
    asker: u64,
}

impl Request {
    /// A GET of `url`.
    ///
    /// The fragment and a final dot of the host are dropped. User and password become an `Authorization` header, so that they
    /// are in no log, record or key.
    #[must_use]
    pub fn get(url: Url) -> Self {
        let mut url = without_final_dot(url);
        url.set_fragment(None);
        let authorization = take_credentials(&mut url);
        let request = Self { url, label: None, depth: 0, hops: 0, redirects: 0, seed: false, priority: 0, extra: None };
        match authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        }
    }

    /// A POST to `url` with an empty body.
    #[must_use]
    pub fn post(url: Url) -> Self {
        Self::get(url).with_method(Method::Post)
    }

    /// A GET of a sitemap or feed at `url`. The crawl reads it and follows the URLs that it lists, in scope; no handler gets
    /// it. Equals a GET with the label `lycosa:sitemap`.
    #[must_use]
    pub fn sitemap(url: Url) -> Self {
        Self::get(url).label(SITEMAP)
    }

    /// Sets the method.
    #[must_use]
    pub fn with_method(mut self, method: Method) -> Self {
        self.extra_mut().method = method;
        self
    }

    /// Adds a header. It replaces a configured header of the same name; an `Authorization` replaces any earlier one.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        let headers = &mut self.extra_mut().headers;
        if name.eq_ignore_ascii_case("authorization") {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        }
        headers.push((name, value));
        self
    }

    /// Appends query parameters to the URL, form-encoded.
    #[must_use]
    pub fn query<K: AsRef<str>, V: AsRef<str>>(mut self, pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        self.url.query_pairs_mut().extend_pairs(pairs);
        self
    }

    /// Sets the label, which selects the handler of the page.
    #[must_use]
    pub fn label(mut self, label: impl Into<Arc<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Attaches data for the handler of the page, which reads it with [`Request::meta_value`].
    #[must_use]
    pub fn meta(mut self, meta: &Value) -> Self {
        self.extra_mut().meta = Some(meta.to_string());
        self
    }

    /// Sets the priority in the host's queue, -128 to 127: higher first, default 0.
    #[must_use]
    pub fn priority(mut self, priority: i8) -> Self {
        self.priority = priority;
        self
    }

    /// Sets the depth: the number of links between the seed and this request.
    #[must_use]
    pub fn depth(mut self, depth: u16) -> Self {
        self.depth = depth;
        self
    }

    /// Sends this request through an HTTP proxy (`http://[user:password@]host:port`) instead of the configured one.
    #[must_use]
    pub fn proxy(mut self, proxy: impl Into<String>) -> Self {
        self.extra_mut().proxy = Some(proxy.into());
        self
    }

    /// Uses the cookie jar of this name: a session of its own. Requests with different jars are different requests.
    /// Redirects keep the jar, links do not.
    #[must_use]
    pub fn jar(mut self, jar: impl Into<Arc<str>>) -> Self {
        self.extra_mut().jar = Some(jar.into()).filter(|jar| !jar.is_empty());
        self
    }

    /// Sets the total time limit of this request, instead of `fetcher.timeout.total`.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.extra_mut().timeout = Some(timeout);
        self
    }

    /// Declares that this request may be repeated after a failure, whatever its method.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.extra_mut().idempotent = true;
        self
    }

    /// Passes responses with a status in `range` to the handler, in addition to those of `parser.statuses`.
    #[must_use]
    pub fn admit_statuses(mut self, range: std::ops::RangeInclusive<u16>) -> Self {
        self.extra_mut().statuses.push((*range.start(), *range.end()));
        self
    }

    /// Fetches the URL even if it is known: once for each page that emits this request, and for a seed at each start of the
    /// crawl.
    ///
    /// With `fetcher.validators` the request is conditional. An unchanged page ends as not modified, without a handler,
    /// unless the request admits the status 304 ([`Request::admit_statuses`]).
    #[must_use]
    pub fn revisit(mut self) -> Self {
        let extra = self.extra_mut();
        (extra.asks_again, extra.may_revisit) = (true, true);
        self
    }

    /// Marks this request as a seed: its redirect may widen the scope.
    #[must_use]
    pub(crate) fn seed(mut self) -> Self {
        self.seed = true;
        self
    }

    /// Sets the number of links followed since leaving the scope.
    #[must_use]
    pub(crate) fn with_hops(mut self, hops: u8) -> Self {
        self.hops = hops;
        self
    }

    /// Sets the URL.
    #[must_use]
    pub(crate) fn with_url(mut self, url: Url) -> Self {
        self.url = url;
        self
    }

    /// Sets the depth of a request that was found on a shorter way.
    pub(crate) fn set_depth(&mut self, depth: u16) {
        self.depth = depth;
    }

    fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }
}

/// Hides what may be secret.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value): &(String, String)| match is_secret_name(name) {
            true => (name.clone(), HIDDEN.to_owned()),
            false => (name.clone(), value.clone()),
        };
        formatter
            .debug_struct("Request")
            .field("method", self.method())
            .field("url", &self.url.as_str())
            .field("headers", &self.headers().iter().map(shown).collect::<Vec<_>>())
            .field("body", &self.body().len())
            .field("label", &self.label)
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_request_survives_the_stored_format() {
        let request = Request::post(url("http://a.example/x?y=1#z"))
            .form([("k", "v w")])
            .header("X-Own", "1")
            .label("l")
            .meta(&serde_json::json!({"deep": [1, 2]}))
            .proxy("http://127.0.0.1:3128")
            .admit_statuses(404..=404)
            .priority(-3);
        let bytes = postcard::to_stdvec(&request).unwrap();
        assert_eq!(postcard::from_bytes::<Request>(&bytes).unwrap(), request);
        assert_eq!(request.url().as_str(), "http://a.example/x?y=1");
    }

    #[test]
    fn a_request_has_one_authorization() {
        let request = Request::get(url("http://me:pw@a.example/"));
        assert_eq!(request.headers(), [("authorization".to_owned(), "Basic bWU6cHc=".to_owned())]);
        let request = request.header("X", "y").header("Authorization", "Bearer t");
        let own = [("X", "y"), ("Authorization", "Bearer t")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!((request.url().as_str(), request.headers()), ("http://a.example/", &own[..]));
        let next = request.redirected(url("http://evil:x@a.example/#y"), false);
        assert_eq!((next.url().as_str(), next.headers()), ("http://a.example/", &own[..]));
    }

    #[test]
    fn a_redirect_keeps_what_the_handler_needs() {
        let request = Request::post(url("http://a.example/")).form([("k", "v")]).label("l").depth(3);
        let next = request.redirected(url("http://b.example/"), true);
        assert_eq!((next.method(), next.body(), next.headers()), (&Method::Get, &b""[..], &[][..]));
        assert_eq!((next.label_name(), next.depth_value()), (request.label_name(), 3));
        assert_eq!(next.origin().as_str(), "http://a.example/");
        assert_eq!(next.to_revisit(), None);
        let visits = [1, 2].map(|name| next.clone().come_by(name).revisitable().to_revisit().unwrap().visit());
        assert!(visits[0] != visits[1] && !visits.contains(&0), "{visits:?}");
    }
}
