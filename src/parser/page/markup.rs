//! The kinds of pages with elements.

/// Rules by which a page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Markup {
    Html,
    /// XML, or HTML if it is not well-formed.
    Xml,
    /// Without elements.
    Other,
}
