//! CSS selectors on pages.

use log::warn;
use scraper::Html;
use url::Url;

use super::{
    Page,
    dom::{self, XmlTree},
    element::Element,
    markup::Markup,
    scan::Scan,
    selector::{self, BadSelector},
};

/// Selectors. An invalid selector matches nothing and is logged once; [`Page::try_select`] returns the error.
///
/// Selectors also match in `<template>` and `<noscript>`, whose content is markup in the tree.
impl Page {
    /// Returns the matching elements in document order.
    pub fn select(&self, css: &str) -> impl ExactSizeIterator<Item = Element<'_>> {
        selector::lenient(css).map(|css| self.all(&css)).unwrap_or_default().into_iter()
    }

    /// Returns the matching elements in document order.
    ///
    /// # Errors
    /// If `css` is not a valid selector.
    pub fn try_select(&self, css: &str) -> Result<impl ExactSizeIterator<Item = Element<'_>>, BadSelector> {
        Ok(self.all(&*selector::parsed(css)?).into_iter())
    }

    /// Returns the [`Element::inner_text`] of the first matching element. Empty if there is none.
    #[must_use]
    pub fn text(&self, css: &str) -> String {
        self.first(css).map(|element| element.inner_text()).unwrap_or_default()
    }

    /// Returns the [`Element::inner_text`] of all matching elements.
    #[must_use]
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.select(css).map(|element| element.inner_text()).collect()
    }

    /// Returns the exact text of the first matching element, with all white space. Empty if there is none.
    #[must_use]
    pub fn raw_text(&self, css: &str) -> String {
        self.first(css).map(|element| element.raw_text()).unwrap_or_default()
    }

    /// Returns an attribute of the first matching element.
    #[must_use]
    pub fn attr(&self, css: &str, name: &str) -> Option<&str> {
        self.first(css)?.attr(name)
    }

    /// Returns the HTML of the first matching element, with its own tags.
    #[must_use]
    pub fn html(&self, css: &str) -> Option<String> {
        Some(self.first(css)?.html())
    }

    /// Returns the URL of the `href` of the first matching element.
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
            let (tree, is_cut) = self.parsed();
            if is_cut {
                warn!(url:% = self.url(); "page too deep or too many attributes; selectors only see its beginning");
            }
            tree
        })
    }

    /// Parses the page. Also returns true if the tree only has its beginning.
    fn parsed(&self) -> (Html, bool) {
        let text = self.body_text();
        if self.markup() == Markup::Xml
            && let Ok(XmlTree { html, is_cut }) = dom::parse_xml(text)
        {
            return (html, is_cut);
        }
        let limit = match self.markup() {
            Markup::Html => self.scan().tree_limit(),
            Markup::Xml | Markup::Other => Scan::from_html(text).tree_limit(),
        };
        (dom::parse(limit.and_then(|end| text.get(..end)).unwrap_or(text)), limit.is_some())
    }
}
