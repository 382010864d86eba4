//! The kinds of elements that lead to other pages.

/// Element of a link or frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkElement {
    /// `<a href>`, in SVG also `<a xlink:href>`
    A,
    /// `<area href>` of an image map.
    Area,
    /// `<frame src>` of a frameset.
    Frame,
    /// `<iframe src>`
    Iframe,
}
