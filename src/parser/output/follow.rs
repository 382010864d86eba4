//! Following links: `out.follow(link).label("author")`.

use std::sync::Arc;

use serde_json::Value;
use url::Url;

use crate::{
    frontier::scope::Refusal,
    http::request::Request,
    parser::{Element, Link, Output},
};

/// Anything that [`Output::follow`] accepts.
pub trait IntoLink {
    /// Returns the URL. `None` if it is not a link. A text that is not a valid URL is counted in `out`.
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

/// Builder of a request for a link. The request is emitted when the builder is dropped, at the end of the statement.
#[derive(Debug)]
pub struct Follow<'o> {
    out: &'o mut Output,
    /// `None` if there was no link.
    request: Option<Request>,
}

impl<'o> Follow<'o> {
    pub(crate) fn new(out: &'o mut Output, request: Option<Request>) -> Self {
        Self { out, request }
    }

    /// Sets the label, which selects the handler of the page.
    pub fn label(self, label: impl Into<Arc<str>>) -> Self {
        self.with(|request| request.label(label))
    }

    /// Attaches data for the handler of the page.
    pub fn meta(self, meta: &Value) -> Self {
        self.with(|request| request.meta(meta))
    }

    /// Sets the priority in the queue of the host. Higher values go first; the default is 0.
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

impl Output {
    /// Follows a link: a `Url`, a text relative to the base of the page, a [`Link`], the `href` of an [`Element`], or an
    /// `Option` of one of them.
    ///
    /// `None` does nothing. User and password in a text are removed. A link out of scope, or one that robots directives
    /// forbid to follow (of the link or of the whole page), is counted instead. A URL or text is forbidden if the page has
    /// links to it and all of them are `nofollow`; use [`Output::request`] to visit it all the same.
    pub fn follow(&mut self, link: impl IntoLink) -> Follow<'_> {
        let url = link.into_link(self);
        if url.as_ref().is_some_and(|url| self.is_nofollow(url)) {
            self.links.refuse(Refusal::Nofollow);
            return Follow::new(self, None);
        }
        Follow::new(self, url.map(Request::get))
    }
}

impl IntoLink for Link<'_> {
    fn into_link(self, out: &mut Output) -> Option<Url> {
        out.resolve_link(self.href(), self.rel())
    }
}

impl IntoLink for Element<'_> {
    fn into_link(self, out: &mut Output) -> Option<Url> {
        out.resolve_link(self.written_href()?, self.attr("rel").unwrap_or_default())
    }
}
