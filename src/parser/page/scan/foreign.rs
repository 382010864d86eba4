//! Foreign content (`<svg>` and `<math>`) and templates.
//!
//! In foreign content `<title>`, `<style>` and `<script>` are ordinary elements, and CDATA sections exist. The content of
//! a `<template>` is HTML that is not part of the page.

/// Maximum number of open foreign elements. Deeper elements are treated as their parent.
const MAX_OPEN: usize = 256;

/// HTML elements whose start tag ends foreign content (HTML standard, section 13.2.6.5).
const BREAKOUT: &str = "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li \
                        listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var";

/// Elements of SVG whose content is HTML.
const SVG_INTEGRATION: &str = "desc foreignobject title";

/// Elements of MathML whose content is HTML.
const MATH_INTEGRATION: &str = "mi mn mo ms mtext";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    Svg,
    Math,
}

#[derive(Clone, Copy, Debug)]
struct Open<'a> {
    name: &'a [u8],
    namespace: Namespace,
    /// True if its content is HTML.
    integrates: bool,
}

/// Open foreign elements and templates.
#[derive(Debug, Default)]
pub(crate) struct Foreign<'a> {
    /// Outermost first; at most [`MAX_OPEN`].
    open: Vec<Open<'a>>,
    /// For each open template, outermost first, the number of foreign elements around it. At most one per ten bytes of text.
    templates: Vec<usize>,
}

impl<'a> Foreign<'a> {
    /// Returns true if the current position is in foreign content.
    pub(crate) fn is_current(&self) -> bool {
        self.innermost().is_some_and(|open| !open.integrates)
    }

    /// Returns true if the current position is in SVG.
    pub(crate) fn is_svg(&self) -> bool {
        self.innermost().is_some_and(|open| !open.integrates && open.namespace == Namespace::Svg)
    }

    /// Returns true if the current position is in a template.
    pub(crate) fn is_in_template(&self) -> bool {
        !self.templates.is_empty()
    }

    /// Opens a `<template>`.
    pub(crate) fn open_template(&mut self) {
        self.templates.push(self.open.len());
    }

    /// Opens an `<svg>` or `<math>`.
    pub(crate) fn enter(&mut self, name: &'a [u8], namespace: Namespace) {
        if self.open.len() < MAX_OPEN {
            self.open.push(Open { name, namespace, integrates: false });
        }
    }

    /// Ends foreign content if a start tag with this name does so. Returns true if it does.
    pub(crate) fn end_by(&mut self, name: &[u8]) -> bool {
        let breaks = is_among(name, BREAKOUT);
        while breaks && self.is_current() {
            self.open.pop();
        }
        breaks
    }

    /// Opens an element in foreign content.
    pub(crate) fn push(&mut self, name: &'a [u8]) {
        let Some(parent) = self.open.last().filter(|_| self.open.len() < MAX_OPEN) else { return };
        let namespace = match parent.namespace {
            Namespace::Math if name.eq_ignore_ascii_case(b"svg") && parent.is_annotation() => Namespace::Svg,
            namespace => namespace,
        };
        let integrates = match namespace {
            Namespace::Svg => is_among(name, SVG_INTEGRATION),
            Namespace::Math => is_among(name, MATH_INTEGRATION),
        };
        self.open.push(Open { name, namespace, integrates });
    }

    /// Closes the element with this name, if one is open in the current template.
    pub(crate) fn close(&mut self, name: &[u8]) {
        if self.open.is_empty() && self.templates.is_empty() {
            return;
        }
        if self.is_current() && (name.eq_ignore_ascii_case(b"p") || name.eq_ignore_ascii_case(b"br")) {
            self.end_by(b"p");
        }
        let around = self.around();
        let inner = self.open.get(around..).unwrap_or_default();
        if let Some(at) = inner.iter().rposition(|open| open.name.eq_ignore_ascii_case(name)) {
            self.open.truncate(around + at);
        } else if name.eq_ignore_ascii_case(b"template") && self.templates.pop().is_some() {
            self.open.truncate(around);
        }
    }

    /// Returns the innermost foreign element of the current template.
    fn innermost(&self) -> Option<&Open<'a>> {
        self.open.get(self.around()..)?.last()
    }

    /// Returns the number of foreign elements around the current template.
    fn around(&self) -> usize {
        self.templates.last().copied().unwrap_or_default()
    }
}

impl Open<'_> {
    /// Returns true for `<annotation-xml>`, in which `<svg>` is SVG.
    fn is_annotation(&self) -> bool {
        self.name.eq_ignore_ascii_case(b"annotation-xml")
    }
}

fn is_among(name: &[u8], names: &str) -> bool {
    names.split(' ').any(|candidate| candidate.as_bytes().eq_ignore_ascii_case(name))
}
