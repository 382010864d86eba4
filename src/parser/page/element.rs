//! An element of a page's tree.

use std::fmt;

use scraper::ElementRef;
use url::Url;

use super::{scan, selector};
use crate::parser::Page;

/// An element that a selector matched.
#[derive(Clone, Copy)]
pub struct Element<'p> {
    page: &'p Page,
    node: ElementRef<'p>,
}

impl<'p> Element<'p> {
    pub(crate) fn new(page: &'p Page, node: ElementRef<'p>) -> Self {
        Self { page, node }
    }

    /// The element's name, in lower case in HTML.
    #[must_use]
    pub fn name(&self) -> &'p str {
        self.node.value().name()
    }

    /// An attribute.
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<&'p str> {
        self.node.value().attr(name)
    }

    /// The text of this element and all within it, white space collapsed.
    #[must_use]
    pub fn own_text(&self) -> String {
        scan::collapsed(self.node.text())
    }

    /// Its HTML, its own tags included.
    #[must_use]
    pub fn html(&self) -> String {
        self.node.html()
    }

    /// The URL of its `href`.
    #[must_use]
    pub fn href(&self) -> Option<Url> {
        self.page.join(self.attr("href")?).ok()
    }

    /// The elements within this one that match, in document order. A selector that is none matches nothing.
    pub fn select(&self, css: &str) -> impl ExactSizeIterator<Item = Element<'p>> + use<'p> {
        let page = self.page;
        let nodes: Vec<_> = selector::lenient(css).map(|css| self.node.select(&css).collect()).unwrap_or_default();
        nodes.into_iter().map(move |node| Element { page, node })
    }

    /// The text of the first element within this one that matches, white space collapsed; empty when none does.
    #[must_use]
    pub fn text(&self, css: &str) -> String {
        self.first(css).map(|element| element.own_text()).unwrap_or_default()
    }

    /// The texts of all elements within this one that match, likewise.
    #[must_use]
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.select(css).map(|element| element.own_text()).collect()
    }

    /// The URL of the `href` of the first element within this one that matches.
    #[must_use]
    pub fn link(&self, css: &str) -> Option<Url> {
        self.first(css)?.href()
    }

    fn first(&self, css: &str) -> Option<Element<'p>> {
        let css = selector::lenient(css)?;
        self.node.select(&css).next().map(|node| Element { page: self.page, node })
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.node.value(), formatter)
    }
}
