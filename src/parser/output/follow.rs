//! `out.follow(link).label("author")`.

use std::sync::Arc;

use serde_json::Value;
use url::Url;

use crate::{http::request::Request, parser::Output};

/// What can be followed.
pub trait IntoLink {
    /// The URL it means; none when it is no link. A text that is no URL is counted in `out`.
    fn into_link(self, out: &mut Output) -> Option<Url>;
}

impl IntoLink for Url {
    fn into_link(self, _: &mut Output) -> Option<Url> {
        Some(self)
    }
}

impl IntoLink for &Url {
    fn into_link(self, _: &mut Output) -> Option<Url> {
        Some(self.clone())
    }
}

impl IntoLink for &str {
    fn into_link(self, out: &mut Output) -> Option<Url> {
        out.resolve(self)
    }
}

impl IntoLink for String {
    fn into_link(self, out: &mut Output) -> Option<Url> {
        out.resolve(&self)
    }
}

impl IntoLink for &String {
    fn into_link(self, out: &mut Output) -> Option<Url> {
        out.resolve(self)
    }
}

impl<L: IntoLink> IntoLink for Option<L> {
    fn into_link(self, out: &mut Output) -> Option<Url> {
        self?.into_link(out)
    }
}

/// A request being made of a link: it is put out when this goes, which is at the end of the statement.
#[derive(Debug)]
pub struct Follow<'o> {
    out: &'o mut Output,
    /// None when there was no link.
    request: Option<Request>,
}

impl<'o> Follow<'o> {
    pub(crate) fn new(out: &'o mut Output, request: Option<Request>) -> Self {
        Self { out, request }
    }

    /// Which handler gets the page.
    pub fn label(self, label: impl Into<Arc<str>>) -> Self {
        self.with(|request| request.label(label))
    }

    /// Anything the handler of the page wants to find again.
    pub fn meta(self, meta: &Value) -> Self {
        self.with(|request| request.meta(meta))
    }

    /// Place in the host's queue: higher first, 0 is usual.
    pub fn priority(self, priority: i8) -> Self {
        self.with(|request| request.priority(priority))
    }

    fn with(mut self, change: impl FnOnce(Request) -> Request) -> Self {
        self.request = self.request.take().map(change);
        self
    }
}

impl Drop for Follow<'_> {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            self.out.request(request);
        }
    }
}
