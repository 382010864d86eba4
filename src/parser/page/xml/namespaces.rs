//! Prefixes and their namespaces.

use std::rc::Rc;

use super::events::{NotWellFormed, XHTML};

/// Maximum number of prefixes in scope. Each look-up walks through them.
pub(super) const MAX_BINDINGS: usize = 256;

const XML: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// Prefixes in scope, the innermost last.
#[derive(Debug)]
pub(super) struct Namespaces<'t> {
    bindings: Vec<(&'t str, Rc<str>)>,
    none: Rc<str>,
    xml: Rc<str>,
    xmlns: Rc<str>,
}

impl<'t> Namespaces<'t> {
    pub(super) fn new() -> Self {
        Self { bindings: Vec::new(), none: "".into(), xml: XML.into(), xmlns: XMLNS.into() }
    }

    /// Returns the number of bindings, for [`Self::restore`].
    pub(super) fn len(&self) -> usize {
        self.bindings.len()
    }

    /// Removes the bindings after the first `length`.
    pub(super) fn restore(&mut self, length: usize) {
        self.bindings.truncate(length);
    }

    /// Binds the default namespace to that of HTML.
    pub(super) fn assume_html(&mut self) {
        self.bindings.push(("", XHTML.into()));
    }

    /// Binds a prefix; the empty one is the default namespace.
    pub(super) fn bind(&mut self, prefix: &'t str, uri: &str) -> Result<(), NotWellFormed> {
        let is_reserved = (prefix == "xml") != (uri == XML) || prefix == "xmlns" || uri == XMLNS;
        let is_undeclared = !prefix.is_empty() && uri.is_empty();
        if is_reserved || is_undeclared || self.bindings.len() >= MAX_BINDINGS {
            return Err(NotWellFormed);
        }
        self.bindings.push((prefix, uri.into()));
        Ok(())
    }

    /// Returns the namespace of an element.
    pub(super) fn of_element(&self, prefix: &str) -> Result<Rc<str>, NotWellFormed> {
        match prefix {
            "xmlns" => Err(NotWellFormed),
            "xml" => Ok(self.xml.clone()),
            "" => Ok(self.find("").unwrap_or(&self.none).clone()),
            _ => self.find(prefix).cloned().ok_or(NotWellFormed),
        }
    }

    /// Returns the namespace of an attribute: without a prefix, there is none.
    pub(super) fn of_attribute(&self, prefix: &str) -> Result<Rc<str>, NotWellFormed> {
        if prefix.is_empty() { Ok(self.none.clone()) } else { self.of_element(prefix) }
    }

    /// Returns the namespace of the declarations themselves.
    pub(super) fn of_declaration(&self) -> Rc<str> {
        self.xmlns.clone()
    }

    fn find(&self, prefix: &str) -> Option<&Rc<str>> {
        self.bindings.iter().rev().find(|(bound, _)| *bound == prefix).map(|(_, uri)| uri)
    }
}
