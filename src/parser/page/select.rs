//! Selectors on pages.

use log::warn;
use scraper::Html;
use url::Url;

use super::{
    Page, dom,
    element::Element,
    scan::Scan,
    selector::{self, BadSelector},
};

/// What selectors find. A selector that is none matches nothing, and is logged once; [`Page::try_select`] says so.
impl Page {
    /// The elements that match, in document order.
    pub fn select(&self, css: &str) -> impl ExactSizeIterator<Item = Element<'_>> {
        selector::lenient(css).map(|css| self.all(&css)).unwrap_or_default().into_iter()
    }

    /// The elements that match, in document order.
    ///
    /// # Errors
    /// When `css` is no selector.
    pub fn try_select(&self, css: &str) -> Result<impl ExactSizeIterator<Item = Element<'_>>, BadSelector> {
        Ok(self.all(&*selector::parsed(css)?).into_iter())
    }

    /// The text of the first element that matches, white space collapsed; empty when none does.
    #[must_use]
    pub fn text(&self, css: &str) -> String {
        self.first(css).map(|element| element.own_text()).unwrap_or_default()
    }

    /// The texts of all elements that match, likewise.
    #[must_use]
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.select(css).map(|element| element.own_text()).collect()
    }

    /// An attribute of the first element that matches.
    #[must_use]
    pub fn attr(&self, css: &str, name: &str) -> Option<&str> {
        self.first(css)?.attr(name)
    }

    /// The HTML of the first element that matches, its own tags included.
    #[must_use]
    pub fn html(&self, css: &str) -> Option<String> {
        Some(self.first(css)?.html())
    }

    /// The URL of the `href` of the first element that matches.
    #[must_use]
    pub fn link(&self, css: &str) -> Option<Url> {
        self.first(css)?.href()
    }

    fn first(&self, css: &str) -> Option<Element<'_>> {
        let css = selector::lenient(css)?;
        self.tree().select(&css).next().map(|node| Element::new(self, node))
    }

    fn all(&self, css: &scraper::Selector) -> Vec<Element<'_>> {
        self.tree().select(css).map(|node| Element::new(self, node)).collect()
    }

    fn tree(&self) -> &Html {
        self.0.tree.get_or_init(|| {
            let text = self.body_text();
            let end = if self.is_html() { self.scan().unreasonable() } else { Scan::of(text).unreasonable() };
            if let Some(bytes) = end {
                warn!(url:% = self.url(), bytes; "nested too deep or too many attributes, only the beginning can be selected");
            }
            dom::parse(end.and_then(|end| text.get(..end)).unwrap_or(text))
        })
    }
}
