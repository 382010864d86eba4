//! The elements that matter to the scanner.

use super::LinkElement;

/// An element's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
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
    /// One that has no end tag, or whose end tag may be left out.
    Loose,
    /// Any other.
    Other,
}

impl Tag {
    /// Whether any of its attributes matters.
    pub(crate) fn has_wanted_attributes(self) -> bool {
        matches!(self, Self::A | Self::Area | Self::Base | Self::Link | Self::Meta)
    }

    /// The link it may be, in foreign content too.
    pub(crate) fn link(self) -> Option<LinkElement> {
        let element = if self == Self::A { LinkElement::A } else { LinkElement::Area };
        matches!(self, Self::A | Self::Area).then_some(element)
    }

    /// Whether an open one makes what follows nest deeper for sure.
    pub(crate) fn nests(self) -> bool {
        !matches!(self, Self::Loose | Self::Area | Self::Base | Self::Link | Self::Meta)
    }

    /// The element called so, in any case.
    pub(crate) fn of(name: &[u8]) -> Self {
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
            b"br" | b"col" | b"embed" | b"hr" | b"img" | b"input" | b"param" | b"source" | b"track" | b"wbr" => {
                Self::Loose
            }
            b"p" | b"li" | b"dd" | b"dt" | b"tr" | b"td" | b"th" | b"tbody" | b"thead" | b"tfoot" => Self::Loose,
            b"option" | b"optgroup" | b"colgroup" | b"rb" | b"rp" | b"rt" | b"rtc" => Self::Loose,
            _ => Self::Other,
        }
    }
}
