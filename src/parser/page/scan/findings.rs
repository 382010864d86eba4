//! Findings of one scan of the text of a page.

use memchr::memchr3;

use super::{
    charref::{self, Context},
    collapse::Collapse,
    link_element::LinkElement,
};

/// Maximum number of links kept of one text. Links above it are only counted.
pub(super) const MAX_LINKS: usize = 100_000;

/// Maximum number of frames kept of one text. Further ones are ignored.
pub(super) const MAX_FRAMES: usize = 10_000;

/// Maximum number of `<meta>` elements kept that may address robots. Most pages have one or none.
pub(super) const MAX_ROBOTS_TAGS: usize = 16;

/// Maximum length of a link's text, in bytes.
pub(super) const MAX_LINK_TEXT: usize = 256;

/// Maximum number of `<link>` elements kept of one text.
pub(super) const MAX_RELATIONS: usize = 256;

/// Maximum number of open elements. A tree is built only of the text before they are exceeded.
///
/// The time html5ever needs grows with the square of the depth, and of the attributes of one tag: 20,000 nested `<div>`
/// take 26 s in an unoptimized build, 10,000 take 6.6 s.
pub(crate) const MAX_DEPTH: usize = 1024;

/// Maximum number of attributes of one tag in that part; see [`MAX_DEPTH`].
pub(crate) const MAX_ATTRIBUTES: usize = 4096;

/// Findings of one scan.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Decoded attribute values and the title, one after the other.
    pub(super) values: String,
    /// Decoded texts of the links, one after the other.
    pub(super) texts: String,
    pub(super) links: Vec<RawLink>,
    /// `src` of frames; at most [`MAX_FRAMES`].
    pub(super) frames: Vec<RawLink>,
    pub(super) left_out: u64,
    pub(super) title: Option<Span>,
    pub(super) base: Option<Span>,
    pub(super) canonical: Option<Span>,
    pub(super) robots: Option<Span>,
    /// Names and contents; at most [`MAX_ROBOTS_TAGS`].
    pub(super) robots_tags: Vec<(Span, Span)>,
    /// `rel` and `href` of `<link>` elements; at most [`MAX_RELATIONS`].
    pub(super) relations: Vec<(Span, Span)>,
    pub(super) refresh: Option<Span>,
    /// Byte offset at which the text becomes too deep or too wide for a tree.
    pub(super) tree_limit: Option<usize>,
}

/// Part of one of the texts of a [`Scan`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A link or frame, as parts of the texts of a [`Scan`].
#[derive(Clone, Copy, Debug)]
pub(super) struct RawLink {
    pub(super) element: LinkElement,
    pub(super) href: Span,
    pub(super) rel: Span,
    pub(super) text: Span,
}

/// A link or frame as it is written on the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) element: LinkElement,
    pub(crate) href: &'a str,
    pub(crate) rel: &'a str,
    pub(crate) text: &'a str,
}

impl Scan {
    /// Returns `a[href]` and `area[href]` in the order of the text; at most [`MAX_LINKS`].
    pub(crate) fn links(&self) -> impl ExactSizeIterator<Item = Found<'_>> {
        self.links.iter().map(|link| self.found(link))
    }

    /// Returns `frame[src]` and `iframe[src]` in the order of the text; at most [`MAX_FRAMES`].
    pub(crate) fn frames(&self) -> impl ExactSizeIterator<Item = Found<'_>> {
        self.frames.iter().map(|frame| self.found(frame))
    }

    /// Returns the number of `a[href]` and `area[href]`.
    pub(crate) fn link_count(&self) -> u64 {
        self.links.len() as u64 + self.left_out
    }

    /// Returns the number of links left out of [`Scan::links`].
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Returns the text of the first `<title>`, white space collapsed. `None` if it is empty.
    pub(crate) fn title(&self) -> Option<&str> {
        self.value(self.title).filter(|title| !title.is_empty())
    }

    /// Returns the first `<base href>`.
    pub(crate) fn base(&self) -> Option<&str> {
        self.value(self.base)
    }

    /// Returns the first `<link rel=canonical href>`.
    pub(crate) fn canonical(&self) -> Option<&str> {
        self.value(self.canonical)
    }

    /// Returns `rel` and `href` of the `<link>` elements that have both; at most [`MAX_RELATIONS`].
    pub(crate) fn relations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.relations.iter().map(|(rel, href)| (rel.slice(&self.values), href.slice(&self.values)))
    }

    /// Returns the content of the first `<meta name=robots>`.
    pub(crate) fn robots(&self) -> Option<&str> {
        self.value(self.robots)
    }

    /// Returns name and content of the `<meta>` elements that may address robots; at most [`MAX_ROBOTS_TAGS`].
    pub(crate) fn robots_tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.robots_tags.iter().map(|(name, content)| (name.slice(&self.values), content.slice(&self.values)))
    }

    /// Returns the content of the first valid `<meta http-equiv=refresh>` outside `<noscript>`.
    pub(crate) fn refresh(&self) -> Option<&str> {
        self.value(self.refresh)
    }

    /// Returns the byte offset at which the text becomes too deep or too wide for a tree. `None` for ordinary pages.
    pub(crate) fn tree_limit(&self) -> Option<usize> {
        self.tree_limit
    }

    fn found(&self, link: &RawLink) -> Found<'_> {
        Found {
            element: link.element,
            href: link.href.slice(&self.values),
            rel: link.rel.slice(&self.values),
            text: link.text.slice(&self.texts),
        }
    }

    fn value(&self, span: Option<Span>) -> Option<&str> {
        span.map(|span| span.slice(&self.values))
    }

    /// Decodes and stores the value of an attribute.
    pub(super) fn keep(&mut self, raw: &str) -> Span {
        let start = self.values.len();
        match memchr3(b'&', b'\r', 0, raw.as_bytes()) {
            None => self.values.push_str(raw),
            Some(_) => charref::decode(raw, Context::Attribute, &mut self.values),
        }
        Span { start, end: self.values.len() }
    }

    /// Stores a value without references.
    pub(super) fn keep_resolved(&mut self, value: &str) -> Span {
        let start = self.values.len();
        self.values.push_str(value);
        Span { start, end: self.values.len() }
    }

    /// Decodes a title, collapses its white space and stores it.
    pub(super) fn keep_title(&mut self, raw: &str) -> Span {
        let start = self.values.len();
        let mut decoded = String::new();
        charref::decode(raw, Context::Title, &mut decoded);
        Collapse::new(start, usize::MAX).push(&decoded, &mut self.values);
        Span { start, end: self.values.len() }
    }
}

impl Span {
    pub(super) fn slice(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}
