//! Bases of relative URLs: `xml:base` of the elements around an entry (RFC 4287 section 2, XML Base).

use url::Url;

use super::{
    MAX_LOC, resolve,
    xml::{Name, attribute},
};
use crate::base::text::trim_invisible;

/// Maximum number of elements with a base within each other. Deeper ones have the base of their parent.
const MAX_BASES: usize = 64;

/// Bases of the open elements outside of entries, the outermost first.
#[derive(Debug)]
pub(super) struct Bases<'t> {
    /// URL of the list.
    list: &'t Url,
    /// Elements that have a base; at most [`MAX_BASES`].
    open: Vec<(Name<'t>, Url)>,
}

impl<'t> Bases<'t> {
    /// Starts with the URL of the list.
    pub(super) fn new(list: &'t Url) -> Self {
        Self { list, open: Vec::new() }
    }

    /// Returns the URL of the list.
    pub(super) fn list(&self) -> &'t Url {
        self.list
    }

    /// Returns the base of what is in the open elements.
    pub(super) fn current(&self) -> &Url {
        self.open.last().map_or(self.list, |(_, base)| base)
    }

    /// Opens an element.
    pub(super) fn open(&mut self, name: Name<'t>, attributes: &str) {
        if self.open.len() < MAX_BASES
            && let Some(base) = declared(attributes, self.current())
        {
            self.open.push((name, base));
        }
    }

    /// Closes an element.
    pub(super) fn close(&mut self, name: Name<'t>) {
        self.open.pop_if(|(open, _)| *open == name);
    }
}

/// Returns the base that an element declares. `None` if it is not an http URL.
pub(super) fn declared(attributes: &str, outer: &Url) -> Option<Url> {
    if !attributes.contains("xml:base") {
        return None;
    }
    let written = attribute(attributes, "xml:base").filter(|written| written.len() < MAX_LOC)?;
    resolve(trim_invisible(&written), outer)
}
