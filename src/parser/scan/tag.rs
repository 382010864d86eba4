//! The elements that matter to the scanner.

/// An element's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    A,
    Area,
    Base,
    Link,
    Meta,
    Title,
    Textarea,
    Style,
    Xmp,
    Iframe,
    Noembed,
    Noframes,
    Script,
    Plaintext,
    Svg,
    Math,
    /// Any other.
    Other,
}

impl Tag {
    /// The element called so, in any case.
    pub(super) fn of(name: &[u8]) -> Self {
        let mut lower = [0; 9];
        let Some(lower) = lower.get_mut(..name.len()) else { return Self::Other };
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        match &*lower {
            b"a" => Self::A,
            b"area" => Self::Area,
            b"base" => Self::Base,
            b"link" => Self::Link,
            b"meta" => Self::Meta,
            b"title" => Self::Title,
            b"textarea" => Self::Textarea,
            b"style" => Self::Style,
            b"xmp" => Self::Xmp,
            b"iframe" => Self::Iframe,
            b"noembed" => Self::Noembed,
            b"noframes" => Self::Noframes,
            b"script" => Self::Script,
            b"plaintext" => Self::Plaintext,
            b"svg" => Self::Svg,
            b"math" => Self::Math,
            _ => Self::Other,
        }
    }
}
