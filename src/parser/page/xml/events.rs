//! What the reader reports.

use std::{borrow::Cow, rc::Rc};

/// Namespace of the elements of HTML.
pub(crate) const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// Error: the text is not well-formed XML, or exceeds a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotWellFormed;

/// Name with an optional prefix: `h:a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'t> {
    pub(crate) prefix: &'t str,
    pub(crate) local: &'t str,
}

/// Start tag, or a tag that is start and end.
#[derive(Debug)]
pub(crate) struct StartTag<'t> {
    pub(crate) name: Name<'t>,
    /// Empty if there is none.
    pub(crate) namespace: Rc<str>,
    /// All attributes, declarations of namespaces included.
    pub(crate) attributes: Vec<Attribute<'t>>,
}

/// Attribute of a start tag.
#[derive(Debug)]
pub(crate) struct Attribute<'t> {
    pub(crate) name: Name<'t>,
    /// Empty if there is none.
    pub(crate) namespace: Rc<str>,
    /// Value with its references resolved.
    pub(crate) value: Cow<'t, str>,
}

/// Receives what the reader finds, in the order of the text.
pub(crate) trait Visitor {
    /// Receives the name and the identifiers of the document type.
    fn doctype(&mut self, _name: &str, _public: &str, _system: &str) {}

    /// Receives a start tag. An empty element also has an end.
    fn start(&mut self, tag: StartTag<'_>);

    /// Receives the end of the innermost open element.
    fn end(&mut self, name: Name<'_>, namespace: &str);

    /// Receives text; adjacent text may come in pieces.
    fn text(&mut self, text: &str);

    /// Receives a comment.
    fn comment(&mut self, _text: &str) {}
}
