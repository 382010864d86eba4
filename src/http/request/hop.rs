//! Requests of redirects, and repeated visits of known URLs.

use bytes::Bytes;
use url::Url;

use super::{Method, Request, anonymous};

impl Request {
    /// Returns the request of a redirect to `url`, with the same label, meta, priority, depth and hops.
    ///
    /// With `rewrite` the method becomes GET and the body is dropped (Fetch standard, HTTP-redirect fetch, step 12). User
    /// and password in `url` are dropped.
    #[must_use]
    pub(crate) fn redirected(&self, mut url: Url, rewrite: bool) -> Self {
        url.set_fragment(None);
        let mut next = self.clone();
        let came_from = std::mem::replace(&mut next.url, anonymous(url));
        next.redirects = next.redirects.saturating_add(1);
        let extra = next.extra_mut();
        extra.origin.get_or_insert(came_from);
        (extra.may_revisit, extra.visit) = (extra.asks_again, 0);
        if rewrite {
            extra.method = Method::Get;
            extra.body = Bytes::new();
            extra.headers.retain(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"));
        }
        next
    }

    /// Appends the fingerprint (low half) of the request whose redirect led here.
    #[must_use]
    pub(crate) fn come_by(mut self, name: u64) -> Self {
        self.extra_mut().chain.push(name);
        self
    }

    /// Makes the request be fetched even if its URL is known: the response will differ from the known one.
    #[must_use]
    pub(crate) fn revisitable(mut self) -> Self {
        self.extra_mut().may_revisit = true;
        self
    }

    /// Returns the request as another visit of a known URL. `None` if it is not to be fetched again.
    #[must_use]
    pub(crate) fn to_revisit(&self) -> Option<Self> {
        let extra = self.extra.as_ref().filter(|extra| extra.may_revisit)?;
        let (chain, asker) = (&extra.chain, extra.asker);
        // One visit per request and redirect. Repeated after a crash, it is the same visit.
        let first = chain.first().copied().unwrap_or_default() ^ asker;
        let [.., a, b, c, d] = first.rotate_left(8).wrapping_add(chain.len() as u64).to_be_bytes();
        let mut next = self.clone();
        let extra = next.extra_mut();
        (extra.may_revisit, extra.visit) = (false, u32::from_be_bytes([a, b, c, d]).max(1));
        Some(next)
    }

    /// Sets who emits the request, if that distinguishes it.
    #[must_use]
    pub(crate) fn asked_by(mut self, asker: u64) -> Self {
        if let Some(extra) = self.extra.as_mut().filter(|extra| extra.asks_again) {
            extra.asker = asker;
        }
        self
    }

    /// Returns true if the request should be conditional.
    #[must_use]
    pub(crate) fn asks_for_change(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| extra.asks_again && extra.visit != 0)
    }

    /// Returns the request as it may go to another origin, without the headers for which `stays_behind` returns true.
    #[must_use]
    pub(crate) fn strayed(mut self, stays_behind: impl Fn(&str) -> bool) -> Self {
        let extra = self.extra_mut();
        extra.strayed = true;
        extra.headers.retain(|(name, _)| !stays_behind(name));
        self
    }

    /// Returns the request as `cause` may cause it: without configured secrets if it has another origin, or if `cause` was
    /// redirected from another one.
    #[must_use]
    pub(crate) fn caused_by(self, cause: &Self) -> Self {
        let has_secrets = !cause.has_strayed() && self.url().origin() == cause.url().origin();
        if has_secrets { self } else { self.strayed(|_| false) }
    }

    /// Returns true after a redirect to another origin.
    #[must_use]
    pub(crate) fn has_strayed(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| extra.strayed)
    }

    /// Fingerprints (low halves) of the requests whose redirects led here.
    #[must_use]
    pub(crate) fn chain(&self) -> &[u64] {
        self.extra.as_ref().map_or(&[], |extra| &extra.chain)
    }

    /// Number of this visit of the URL; 0 for the first.
    #[must_use]
    pub(crate) fn visit(&self) -> u32 {
        self.extra.as_ref().map_or(0, |extra| extra.visit)
    }

    /// Sets the number of this visit.
    #[must_use]
    pub(crate) fn with_visit(mut self, number: u32) -> Self {
        let extra = self.extra_mut();
        (extra.may_revisit, extra.visit) = (false, number);
        self
    }

    /// Number of redirects followed.
    #[must_use]
    pub fn redirects(&self) -> u8 {
        self.redirects
    }

    /// The original URL, which differs from [`Request::url`] after a redirect.
    #[must_use]
    pub fn origin(&self) -> &Url {
        self.extra.as_ref().and_then(|extra| extra.origin.as_ref()).unwrap_or(&self.url)
    }
}
