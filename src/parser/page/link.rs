//! A link as it stands on a page.

use url::Url;

use super::scan::{Found, LinkElement};
use crate::parser::Page;

/// An `a[href]` or `area[href]`.
#[derive(Clone, Copy, Debug)]
pub struct Link<'p> {
    page: &'p Page,
    found: Found<'p>,
}

impl<'p> Link<'p> {
    pub(crate) fn new(page: &'p Page, found: Found<'p>) -> Self {
        Self { page, found }
    }

    /// Where it leads; none when it is no URL.
    #[must_use]
    pub fn url(&self) -> Option<Url> {
        self.page.join(self.found.href).ok()
    }

    /// The `href` as it is written, character references resolved.
    #[must_use]
    pub fn href(&self) -> &'p str {
        self.found.href
    }

    /// The `rel` as it is written; empty when there is none.
    #[must_use]
    pub fn rel(&self) -> &'p str {
        self.found.rel
    }

    /// The text up to `</a>`, white space collapsed; at most 256 bytes.
    #[must_use]
    pub fn text(&self) -> &'p str {
        self.found.text
    }

    /// The element it is.
    #[must_use]
    pub fn element(&self) -> LinkElement {
        self.found.element
    }
}
