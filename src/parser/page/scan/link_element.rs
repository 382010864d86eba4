//! The kinds of link elements.

/// Element of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkElement {
    /// `<a href>`
    A,
    /// `<area href>` of an image map.
    Area,
}
