//! Reading a request.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::Value;
use url::Url;

use super::{Method, Request, SITEMAP};

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

    /// The body; usually empty.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.extra.as_ref().map_or(&[], |extra| &extra.body)
    }

    /// The body, shared.
    pub(crate) fn body_bytes(&self) -> Bytes {
        self.extra.as_ref().map(|extra| extra.body.clone()).unwrap_or_default()
    }

    /// The label, if there is one.
    #[must_use]
    pub fn label_name(&self) -> Option<&Arc<str>> {
        self.label.as_ref()
    }

    /// Returns true if the response is read as a sitemap.
    #[must_use]
    pub(crate) fn is_sitemap(&self) -> bool {
        self.label.as_deref() == Some(SITEMAP)
    }

    /// The data of [`Request::meta`]; `Null` without any.
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

    /// Number of links between the seed and this request.
    #[must_use]
    pub fn depth_value(&self) -> u16 {
        self.depth
    }

    /// Number of links followed since leaving the scope.
    #[must_use]
    pub(crate) fn hops(&self) -> u8 {
        self.hops
    }

    /// Returns true for seeds.
    #[must_use]
    pub(crate) fn is_seed(&self) -> bool {
        self.seed
    }

    /// The proxy of this request alone.
    #[must_use]
    pub fn proxy_url(&self) -> Option<&str> {
        self.extra.as_ref().and_then(|extra| extra.proxy.as_deref())
    }

    /// Name of the cookie jar; empty for the unnamed one.
    #[must_use]
    pub fn jar_name(&self) -> &str {
        self.extra.as_ref().and_then(|extra| extra.jar.as_deref()).unwrap_or_default()
    }

    /// Total time limit of this request alone.
    #[must_use]
    pub fn timeout_value(&self) -> Option<Duration> {
        self.extra.as_ref().and_then(|extra| extra.timeout)
    }

    /// Returns true if the request may be repeated after a failure.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        self.method().is_repeatable() || self.extra.as_ref().is_some_and(|extra| extra.idempotent)
    }

    /// Returns true if the request itself admits a response with this status.
    #[must_use]
    pub fn admits_status(&self, status: u16) -> bool {
        let ranges = self.extra.as_ref().map_or(&[][..], |extra| &extra.statuses);
        ranges.iter().any(|(first, last)| (*first..=*last).contains(&status))
    }
}
