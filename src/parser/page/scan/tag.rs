//! Names of the elements that the scanner treats in a special way.

/// Name of an element.
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
    Frame,
    Noscript,
    Template,
    Noembed,
    Noframes,
    Script,
    Plaintext,
    Svg,
    Math,
    /// An element without an end tag, or with an optional one.
    OptionalEnd,
    /// Any other element.
    Other,
}

impl Tag {
    /// Returns true if the scanner needs attributes of this element.
    pub(crate) fn has_wanted_attributes(self) -> bool {
        matches!(self, Self::A | Self::Area | Self::Base | Self::Link | Self::Meta | Self::Frame | Self::Iframe)
    }

    /// Returns true if the element certainly contains what follows until its end tag.
    pub(crate) fn nests(self) -> bool {
        !matches!(self, Self::OptionalEnd | Self::Area | Self::Base | Self::Link | Self::Meta | Self::Frame)
    }

    /// Returns the element with this name, in lower or upper case.
    pub(crate) fn from_name(name: &[u8]) -> Self {
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
            b"frame" => Self::Frame,
            b"noscript" => Self::Noscript,
            b"template" => Self::Template,
            b"noembed" => Self::Noembed,
            b"noframes" => Self::Noframes,
            b"script" => Self::Script,
            b"plaintext" => Self::Plaintext,
            b"svg" => Self::Svg,
            b"math" => Self::Math,
            b"br" | b"col" | b"embed" | b"hr" | b"img" | b"input" | b"param" | b"source" | b"track" | b"wbr" => {
                Self::OptionalEnd
            }
            b"p" | b"li" | b"dd" | b"dt" | b"tr" | b"td" | b"th" | b"tbody" | b"thead" | b"tfoot" => Self::OptionalEnd,
            b"option" | b"optgroup" | b"colgroup" | b"rb" | b"rp" | b"rt" | b"rtc" => Self::OptionalEnd,
            _ => Self::Other,
        }
    }
}
