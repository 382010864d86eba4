//! Links of a page.

use url::Url;

use super::scan::{Found, LinkElement};
use crate::parser::Page;

/// Link of a page (`a[href]`, `area[href]`), or a frame (`frame[src]`, `iframe[src]`).
#[derive(Clone, Copy, Debug)]
pub struct Link<'p> {
    page: &'p Page,
    found: Found<'p>,
}

impl<'p> Link<'p> {
    pub(crate) fn new(page: &'p Page, found: Found<'p>) -> Self {
        Self { page, found }
    }

    /// Returns the URL it leads to. `None` if it is not a valid URL.
    #[must_use]
    pub fn url(&self) -> Option<Url> {
        self.page.join(self.found.href).ok()
    }

    /// Returns the `href` (of a frame, the `src`) as written, with character references resolved.
    #[must_use]
    pub fn href(&self) -> &'p str {
        self.found.href
    }

    /// Returns the `rel` as written. Empty if there is none.
    #[must_use]
    pub fn rel(&self) -> &'p str {
        self.found.rel
    }

    /// Returns the text up to `</a>`, white space collapsed; at most 256 bytes.
    #[must_use]
    pub fn text(&self) -> &'p str {
        self.found.text
    }

    /// Returns the kind of the element.
    #[must_use]
    pub fn element(&self) -> LinkElement {
        self.found.element
    }
}

impl Page {
    /// Returns every `a[href]` and `area[href]` in the order of the text; at most 100,000.
    ///
    /// In SVG, an `xlink:href` counts if there is no `href`. The content of `<template>` is not part of the page.
    pub fn links(&self) -> impl ExactSizeIterator<Item = Link<'_>> {
        self.scan().links().map(|found| Link::new(self, found))
    }

    /// Returns every `frame[src]` and `iframe[src]` in the order of the text; at most 10,000.
    ///
    /// An `<iframe>` with `srcdoc` is left out: browsers do not load its `src`.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Link<'_>> {
        self.scan().frames().map(|found| Link::new(self, found))
    }
}
