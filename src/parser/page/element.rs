//! Elements of the tree of a page.

use std::fmt;

use html5ever::QualName;
use scraper::ElementRef;
use url::Url;

use super::{selector, text};
use crate::parser::Page;

/// Element matched by a selector.
#[derive(Clone, Copy)]
pub struct Element<'p> {
    page: &'p Page,
    node: ElementRef<'p>,
}

impl<'p> Element<'p> {
    pub(crate) fn new(page: &'p Page, node: ElementRef<'p>) -> Self {
        Self { page, node }
    }

    /// Returns the name of the element; HTML names are in lower case.
    #[must_use]
    pub fn name(&self) -> &'p str {
        self.node.value().name()
    }

    /// Returns the value of an attribute. In SVG and MathML the name may have a prefix, such as `xlink:href`.
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<&'p str> {
        let element = self.node.value();
        element.attr(name).or_else(|| {
            let (prefix, local) = name.split_once(':')?;
            let mut attributes = element.attrs.iter();
            // In XML, any prefix can be that of XLink.
            let namespace = if prefix == "xlink" { "http://www.w3.org/1999/xlink" } else { "" };
            let has_prefix = |name: &QualName| name.prefix.as_deref() == Some(prefix);
            let has_namespace = |name: &QualName| !namespace.is_empty() && &*name.ns == namespace;
            let is_wanted = |name: &QualName| (has_prefix(name) || has_namespace(name)) && &*name.local == local;
            attributes.find(|(name, _)| is_wanted(name)).map(|(_, value)| &**value)
        })
    }

    /// Returns the text of this element and its descendants as a reader sees it.
    ///
    /// White space is collapsed. Blocks, table cells and line breaks are separated by a space. The content of `script`,
    /// `style`, `noscript` and `template` is left out, unless it is this element itself.
    #[must_use]
    pub fn inner_text(&self) -> String {
        text::visible(self.node)
    }

    /// Returns the text of this element without its descendants, white space collapsed.
    #[must_use]
    pub fn own_text(&self) -> String {
        text::own(self.node)
    }

    /// Returns the exact text of this element and its descendants, with all white space (the DOM's `textContent`).
    #[must_use]
    pub fn raw_text(&self) -> String {
        text::raw(self.node)
    }

    /// Returns the HTML of this element, with its own tags.
    #[must_use]
    pub fn html(&self) -> String {
        self.node.html()
    }

    /// Returns the URL of its `href`; of an `<a>` in SVG without one, of its `xlink:href`.
    #[must_use]
    pub fn href(&self) -> Option<Url> {
        self.page.join(self.written_href()?).ok()
    }

    /// Returns the `href` as written, or the `xlink:href` that counts for it.
    pub(crate) fn written_href(&self) -> Option<&'p str> {
        let name = &self.node.value().name;
        let is_svg_link = &*name.local == "a" && &*name.ns == "http://www.w3.org/2000/svg";
        self.attr("href").or_else(|| self.attr("xlink:href").filter(|_| is_svg_link))
    }

    /// Returns the matching descendants in document order. An invalid selector matches nothing.
    pub fn select(&self, css: &str) -> impl ExactSizeIterator<Item = Element<'p>> + use<'p> {
        let page = self.page;
        let nodes: Vec<_> = selector::lenient(css).map(|css| self.node.select(&css).collect()).unwrap_or_default();
        nodes.into_iter().map(move |node| Element { page, node })
    }

    /// Returns the [`Element::inner_text`] of the first matching descendant. Empty if there is none.
    #[must_use]
    pub fn text(&self, css: &str) -> String {
        self.first(css).map(|element| element.inner_text()).unwrap_or_default()
    }

    /// Returns the [`Element::inner_text`] of all matching descendants.
    #[must_use]
    pub fn texts(&self, css: &str) -> Vec<String> {
        self.select(css).map(|element| element.inner_text()).collect()
    }

    /// Returns the URL of the `href` of the first matching descendant.
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
