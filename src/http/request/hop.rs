//! What redirects make of a request.

use bytes::Bytes;
use url::Url;

use super::{Method, Request, anonymous};

impl Request {
    /// The request that a redirect to `url` makes of this one: same label, meta, priority, depth and hops. `rewrite` is
    /// true when the method becomes GET and the body is dropped (Fetch standard, HTTP-redirect fetch, step 12). User and
    /// password in `url` are left out.
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

    /// Notes the name of the request whose redirect led here.
    #[must_use]
    pub(crate) fn come_by(mut self, name: u64) -> Self {
        self.extra_mut().chain.push(name);
        self
    }

    /// Makes it worth a fetch although its URL may be known: it will get another answer than it got then.
    #[must_use]
    pub(crate) fn revisitable(mut self) -> Self {
        self.extra_mut().may_revisit = true;
        self
    }

    /// The request as another visit of a known URL, if it is worth that.
    #[must_use]
    pub(crate) fn to_revisit(&self) -> Option<Self> {
        let extra = self.extra.as_ref().filter(|extra| extra.may_revisit)?;
        let (chain, asker) = (&extra.chain, extra.asker);
        // One for each request and redirect; what happens again after a crash is the same visit.
        let first = chain.first().copied().unwrap_or_default() ^ asker;
        let [.., a, b, c, d] = first.rotate_left(8).wrapping_add(chain.len() as u64).to_be_bytes();
        let mut next = self.clone();
        let extra = next.extra_mut();
        (extra.may_revisit, extra.visit) = (false, u32::from_be_bytes([a, b, c, d]).max(1));
        Some(next)
    }

    /// Notes who puts it out, if that sets it apart.
    #[must_use]
    pub(crate) fn asked_by(mut self, asker: u64) -> Self {
        if let Some(extra) = self.extra.as_mut().filter(|extra| extra.asks_again) {
            extra.asker = asker;
        }
        self
    }

    /// Whether it wants to know if there is another version than the one fetched before.
    #[must_use]
    pub(crate) fn asks_for_change(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| extra.asks_again && extra.visit != 0)
    }

    /// The request as it may go to another origin than the one before: for good without headers that are for that one only.
    #[must_use]
    pub(crate) fn strayed(mut self, stays_behind: impl Fn(&str) -> bool) -> Self {
        let extra = self.extra_mut();
        extra.strayed = true;
        extra.headers.retain(|(name, _)| !stays_behind(name));
        self
    }

    /// Whether a redirect has led to another origin.
    #[must_use]
    pub(crate) fn has_strayed(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| extra.strayed)
    }

    /// Names of the requests whose redirects led here.
    #[must_use]
    pub(crate) fn chain(&self) -> &[u64] {
        self.extra.as_ref().map_or(&[], |extra| &extra.chain)
    }

    /// Which visit of its URL it is: 0 for the first.
    #[must_use]
    pub(crate) fn visit(&self) -> u32 {
        self.extra.as_ref().map_or(0, |extra| extra.visit)
    }

    /// Redirects followed to get here.
    #[must_use]
    pub fn redirects(&self) -> u8 {
        self.redirects
    }

    /// The URL first asked for: differs from [`Request::url`] after a redirect.
    #[must_use]
    pub fn origin(&self) -> &Url {
        self.extra.as_ref().and_then(|extra| extra.origin.as_ref()).unwrap_or(&self.url)
    }
}
