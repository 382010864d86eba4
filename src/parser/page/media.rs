//! Media type and encoding of a page.

use super::{Page, charset::Charset, markup::Markup};
use crate::http::{media_type::MediaType, sniff};

impl Page {
    /// Returns true if the media type is HTML. If it is missing or not valid, the first bytes of the body decide.
    #[must_use]
    pub fn is_html(&self) -> bool {
        matches!(self.media_type(), "text/html" | "application/xhtml+xml")
    }

    /// Returns the media type without parameters, in lower case: the declared one, or one found in the body.
    pub(crate) fn media_type(&self) -> &str {
        &self.media().essence
    }

    /// Returns true if the body shows that this is not a page, for example a PDF without a media type.
    pub(crate) fn is_foreign(&self) -> bool {
        sniff::is_page_expected(self.request()) && !self.media().is_page()
    }

    /// Returns the rules by which the page is read.
    pub(super) fn markup(&self) -> Markup {
        match self.media() {
            media if media.essence == "text/html" => Markup::Html,
            media if media.is_xml() => Markup::Xml,
            _ => Markup::Other,
        }
    }

    /// Returns the encoding of the body.
    pub(super) fn charset(&self) -> Charset {
        *self.0.charset.get_or_init(|| {
            let host = self.url().host_str().unwrap_or_default();
            let label = self.media().charset.as_deref();
            let detect = if self.media().is_xml() { Charset::detect_xml } else { Charset::detect };
            detect(&self.0.body, label, host)
        })
    }

    fn media(&self) -> &MediaType {
        self.0.media.get_or_init(|| sniff::media_type(&self.0.headers, &self.0.body))
    }
}
