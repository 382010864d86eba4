//! What is to be fetched: a URL with everything a fetch of it needs and everything its handler wants to know again.

pub(crate) mod body;
pub(crate) mod credentials;
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
use crate::base::secret::{HIDDEN, is_secret_name};

/// The largest request body, in bytes (1 MiB): it is kept in the frontier.
pub const MAX_REQUEST_BODY: usize = 1 << 20;

/// The label of sitemaps: their pages go to no handler.
pub(crate) const SITEMAP: &str = "lycosa:sitemap";

/// One request. A plain link needs a URL only; what few requests have lies behind one pointer.
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
    /// Links followed since the scope was left.
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
    /// JSON text, because the frontier's format is not self-describing.
    meta: Option<String>,
    proxy: Option<String>,
    timeout: Option<Duration>,
    idempotent: bool,
    statuses: Vec<(u16, u16)>,
    /// The URL first asked for, once a redirect has led elsewhere.
    origin: Option<Url>,
    /// The cookie jar; none: the one without a name.
    jar: Option<Arc<str>>,
    /// Names of the requests whose redirects led here, the first one first: as many as redirects were followed.
    chain: Vec<u64>,
    /// Whether a redirect has led to another origin since.
    strayed: bool,
    /// Whether it is worth a fetch although its URL is known.
    may_revisit: bool,
    /// Sets a fetch of a known URL apart from the first one; 0 for that.
    visit: u32,
    /// Whether the URL is to be asked again whenever this is put out.
    asks_again: bool,
    /// Names the page, or the start of the crawl, that puts it out.
    asker: u64,
}

impl Request {
    /// A GET of `url`. The fragment is dropped: it never reaches a server. User and password become a header, so that no
    /// log, record or key has them.
    #[must_use]
    pub fn get(mut url: Url) -> Self {
        url.set_fragment(None);
        let authorization = take_credentials(&mut url);
        let request = Self { url, label: None, depth: 0, hops: 0, redirects: 0, seed: false, priority: 0, extra: None };
        match authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        }
    }

    /// A POST to `url`, without a body yet.
    #[must_use]
    pub fn post(url: Url) -> Self {
        Self::get(url).with_method(Method::Post)
    }

    /// A GET of a sitemap or a feed, at `url`: the crawl reads it by itself and follows what it lists, in scope; no handler
    /// sees it. The same as a GET with the label `lycosa:sitemap`.
    #[must_use]
    pub fn sitemap(url: Url) -> Self {
        Self::get(url).label(SITEMAP)
    }

    /// The same request with another method.
    #[must_use]
    pub fn with_method(mut self, method: Method) -> Self {
        self.extra_mut().method = method;
        self
    }

    /// Adds a header; one of the same name set by configuration is replaced, and so is any `Authorization` by another one,
    /// as there can be one only.
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

    /// Which handler gets the page.
    #[must_use]
    pub fn label(mut self, label: impl Into<Arc<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Anything the handler of the page wants to find again.
    #[must_use]
    pub fn meta(mut self, meta: &Value) -> Self {
        self.extra_mut().meta = Some(meta.to_string());
        self
    }

    /// Place in the host's queue: higher first, 0 is usual, -128 to 127.
    #[must_use]
    pub fn priority(mut self, priority: i8) -> Self {
        self.priority = priority;
        self
    }

    /// Links between this request and its seed.
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

    /// Takes cookies from, and puts them into, the jar of this name: a session of its own, whose pages are other pages than
    /// those of other jars. Redirects keep it, links do not.
    #[must_use]
    pub fn jar(mut self, jar: impl Into<Arc<str>>) -> Self {
        self.extra_mut().jar = Some(jar.into()).filter(|jar| !jar.is_empty());
        self
    }

    /// The total time this request may take, instead of `fetcher.timeout.total`.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.extra_mut().timeout = Some(timeout);
        self
    }

    /// Says that repeating this request is harmless, whatever its method.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.extra_mut().idempotent = true;
        self
    }

    /// Hands answers with a status in `range` to the handler too, beside those of `parser.statuses`.
    #[must_use]
    pub fn admit_statuses(mut self, range: std::ops::RangeInclusive<u16>) -> Self {
        self.extra_mut().statuses.push((*range.start(), *range.end()));
        self
    }

    /// Asks although the URL is known: once for each page that puts this out, or, for a seed, at each start of the crawl.
    /// With `fetcher.validators` the server is asked whether there is another version; a page that has none ends as not
    /// modified, without a handler, unless the request admits the status 304 ([`Request::admit_statuses`]).
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

    /// Sets how many links were followed since the scope was left.
    #[must_use]
    pub(crate) fn with_hops(mut self, hops: u8) -> Self {
        self.hops = hops;
        self
    }

    /// Sets the URL, as the same request is to be made with another one.
    #[must_use]
    pub(crate) fn with_url(mut self, url: Url) -> Self {
        self.url = url;
        self
    }

    fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }
}

/// Without what may be secret.
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

/// What a request says.
impl Request {
    /// The URL, without a fragment.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.extra.as_ref().map_or(&Method::Get, |extra| &extra.method)
    }

    /// The request's own headers, in the order they were added.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        self.extra.as_ref().map_or(&[], |extra| &extra.headers)
    }

    /// The body; empty for most.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.extra.as_ref().map_or(&[], |extra| &extra.body)
    }

    /// The body, shared.
    pub(crate) fn body_bytes(&self) -> Bytes {
        self.extra.as_ref().map(|extra| extra.body.clone()).unwrap_or_default()
    }

    /// The label, if any.
    #[must_use]
    pub fn label_name(&self) -> Option<&Arc<str>> {
        self.label.as_ref()
    }

    /// Whether the answer is read as a sitemap.
    #[must_use]
    pub(crate) fn is_sitemap(&self) -> bool {
        self.label.as_deref() == Some(SITEMAP)
    }

    /// What [`Request::meta`] was given; `Null` otherwise.
    #[must_use]
    pub fn meta_value(&self) -> Value {
        let text = self.extra.as_ref().and_then(|extra| extra.meta.as_deref());
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
    }

    /// The priority.
    #[must_use]
    pub fn priority_value(&self) -> i8 {
        self.priority
    }

    /// Links followed from the seed.
    #[must_use]
    pub fn depth_value(&self) -> u16 {
        self.depth
    }

    /// Links followed since the scope was left.
    #[must_use]
    pub(crate) fn hops(&self) -> u8 {
        self.hops
    }

    /// Whether this is a seed.
    #[must_use]
    pub(crate) fn is_seed(&self) -> bool {
        self.seed
    }

    /// The proxy of this request alone.
    #[must_use]
    pub fn proxy_url(&self) -> Option<&str> {
        self.extra.as_ref().and_then(|extra| extra.proxy.as_deref())
    }

    /// The name of its cookie jar; empty for the usual one.
    #[must_use]
    pub fn jar_name(&self) -> &str {
        self.extra.as_ref().and_then(|extra| extra.jar.as_deref()).unwrap_or_default()
    }

    /// The total time of this request alone.
    #[must_use]
    pub fn timeout_value(&self) -> Option<Duration> {
        self.extra.as_ref().and_then(|extra| extra.timeout)
    }

    /// Whether the request may be repeated after a failure.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        self.method().is_repeatable() || self.extra.as_ref().is_some_and(|extra| extra.idempotent)
    }

    /// Whether the request itself admits an answer with this status.
    #[must_use]
    pub fn admits_status(&self, status: u16) -> bool {
        let ranges = self.extra.as_ref().map_or(&[][..], |extra| &extra.statuses);
        ranges.iter().any(|(first, last)| (*first..=*last).contains(&status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_request_survives_the_frontiers_format() {
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
    fn one_who_asks_has_one_name() {
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
